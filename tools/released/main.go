// Command released holds the files that a release has frozen: migrations, which databases
// remember having run, and vectors, which say what a stored format is. See
// docs/upgrades.md.
//
//	go -C tools run ./released            what was changed since its release
//	go -C tools run ./released -write     freeze what is there now; before a tag is set
//
// It exits with 1 when a frozen file was changed or is gone, and when the repository has
// a release and nothing is frozen.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	root := flag.String("root", "..", "the repository")
	list := flag.String("list", "released/released.txt", "the list of what is frozen")
	write := flag.Bool("write", false, "add the files that are not frozen yet")
	flag.Parse()
	if err := run(*root, *list, *write); err != nil {
		fmt.Fprintln(os.Stderr, "released:", err)
		os.Exit(1)
	}
}

func run(root, list string, write bool) error {
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	frozen, err := parse(string(text))
	if err != nil {
		return fmt.Errorf("reading %s: %w", list, err)
	}
	tags, err := releases(root)
	if err != nil {
		return err
	}
	wrong, err := check(root, frozen, tags)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return fmt.Errorf("\n%s", strings.Join(wrong, "\n"))
	}
	if !write {
		return nil
	}
	added, err := missing(root, frozen)
	if err != nil {
		return err
	}
	return os.WriteFile(list, append(text, added...), 0o644)
}

// releases are the tags of the repository that name one: v1.2.3, and v1.2.3-rc.1.
func releases(root string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(root, ".git")); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // an archive of the source has no tags
	}
	// A clone may belong to another user than the one who tests.
	cmd := exec.Command("git", "-c", "safe.directory=*", "tag", "--list", "v[0-9]*")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("asking git for tags: %w", err)
	}
	return strings.Fields(string(out)), nil
}
