package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A file is frozen with its content.
type file struct{ path, digest string }

// parse reads lines as sha256sum writes them. Comments begin with #.
func parse(text string) ([]file, error) {
	var all []file
	for i, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		digest, path, ok := strings.Cut(line, "  ")
		if !ok || len(digest) != 2*sha256.Size || !filepath.IsLocal(path) {
			return nil, fmt.Errorf("line %d: want a SHA-256, two spaces and a path", i+1)
		}
		all = append(all, file{path, digest})
	}
	return all, nil
}

// check says which frozen files are not what they were.
func check(root string, frozen []file, tags []string) ([]string, error) {
	if len(frozen) == 0 && len(tags) > 0 {
		return []string{fmt.Sprintf("%s is a release, and nothing is frozen: run it with -write on that commit, and keep the list",
			tags[0])}, nil
	}
	var wrong []string
	for _, f := range frozen {
		digest, err := digestOf(root, f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			wrong = append(wrong, f.path+" was released and is gone: put it back")
		case err != nil:
			return nil, err
		case digest != f.digest:
			wrong = append(wrong, f.path+" was released and is changed: put it back, and add a file that goes on from it")
		}
	}
	return wrong, nil
}

// missing are lines for what is to be frozen and is not.
func missing(root string, frozen []file) (string, error) {
	paths, err := candidates(root)
	if err != nil {
		return "", err
	}
	var lines strings.Builder
	for _, path := range paths {
		if slices.ContainsFunc(frozen, func(f file) bool { return f.path == path }) {
			continue
		}
		digest, err := digestOf(root, path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&lines, "%s  %s\n", digest, path)
	}
	return lines.String(), nil
}

// candidates are the schemas of the gateway and of the ledger, their migrations, and the
// vectors of stored formats.
func candidates(root string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		within, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if within = filepath.ToSlash(within); isFrozenKind(within) {
			paths = append(paths, within)
		}
		return nil
	})
	return paths, err
}

func isFrozenKind(path string) bool {
	return strings.Contains(path, "/migrations/") && strings.HasSuffix(path, ".sql") || path == "audit/schema.sql" ||
		strings.HasPrefix(path, "audit/testdata/")
}

func digestOf(root, path string) (string, error) {
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sha256.Sum256(content)), nil
}
