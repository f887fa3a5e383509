package keyring

import (
	"fmt"
	"strings"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/crypto/durable"
)

// AddFirst makes a new identity and puts it above those of the root file. Nothing else in
// the file changes. The file is durable when AddFirst returns; if the process dies
// before, the file is the old one. Only one process may change a root file at a time.
func AddFirst(path string) (*Root, error) { return addFirst(durable.Disk{}, path) }

func addFirst(disk durable.Disk, path string) (*Root, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("adding root: %w", err)
	}
	if _, err := Parse(text); err != nil {
		return nil, fmt.Errorf("adding root: %s: %w", path, err)
	}
	identity, err := crypto.NewIdentity()
	if err != nil {
		return nil, fmt.Errorf("adding root: %w", err)
	}
	return rewrite(disk, path, fileText(identity)+"\n"+text)
}

// KeepFirst removes every identity but the first from the root file, and keeps the
// comments. A copy that was sealed only to the others opens no more: first make sure that
// there is none.
func KeepFirst(path string) (*Root, error) { return keepFirst(durable.Disk{}, path) }

func keepFirst(disk durable.Disk, path string) (*Root, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("retiring roots: %w", err)
	}
	if _, err := Parse(text); err != nil {
		return nil, fmt.Errorf("retiring roots: %s: %w", path, err)
	}
	var kept []string
	first := true
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		isIdentity := trimmed != "" && !strings.HasPrefix(trimmed, "#")
		if isIdentity && !first {
			continue
		}
		first = first && !isIdentity
		kept = append(kept, line)
	}
	return rewrite(disk, path, strings.Join(kept, ""))
}

// rewrite replaces the root file, whole or not at all.
func rewrite(disk durable.Disk, path, text string) (*Root, error) {
	root, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if err := disk.ReplaceFile(path, 0o600, []byte(text)); err != nil {
		return nil, fmt.Errorf("writing root file: %w", err)
	}
	return root, nil
}
