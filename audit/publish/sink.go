package publish

import (
	"context"
	"errors"
	"path"
	"strings"
)

// Sink is a place to publish ledgers to. Names are made of `A-Z a-z 0-9 . _ /`, never
// begin with a slash or hold an empty or a dotted part. An implementation is safe for
// concurrent use, by several processes too.
type Sink interface {
	// Create stores data under name and returns when it is durable. It never overwrites:
	// ErrExists when the name is taken.
	Create(ctx context.Context, name string, data []byte) error

	// Replace stores data under name in place of what was there, whole or not at all.
	Replace(ctx context.Context, name string, data []byte) error

	// Read returns the data stored under name; ErrMissing when there is none.
	Read(ctx context.Context, name string) ([]byte, error)

	// List returns the last parts of the names right below a folder, sorted; none when
	// there is no such folder.
	List(ctx context.Context, folder string) ([]string, error)

	// Remove removes a folder with its files. A sink that cannot or must not remove does
	// nothing.
	Remove(ctx context.Context, folder string) error
}

// Errors that callers of a Sink branch on.
var (
	ErrExists  = errors.New("name is taken")
	ErrMissing = errors.New("nothing under this name")
)

// Permanent says whether the file of the name is published for good: it never changes and
// is never removed. Not permanent are the file checkpoint, which is replaced, and partial
// tiles and bundles, which are removed when there is a full one.
func Permanent(name string) bool {
	return path.Base(name) != "checkpoint" && !strings.Contains(name, ".p/")
}

// CheckName says whether the name is one of a Sink.
func CheckName(name string) error {
	for part := range strings.SplitSeq(name, "/") {
		if strings.Trim(part, ".") == "" {
			return errors.New("a name of what is published has a part that is empty or made of dots")
		}
	}
	if strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/") != "" {
		return errors.New("a name of what is published has bytes other than A-Z a-z 0-9 . _ /")
	}
	return nil
}
