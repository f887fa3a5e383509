package objects

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/bordereau/bordereau/gateway"
)

// List implements gateway.Objects. It holds one folder's names at a time. Walking folders
// in the order of their names gives the order of the keys because the slash sorts before
// every other byte a key can have: all of `a/…` comes before `a0`.
func (f *Folder) List(ctx context.Context, prefix, after string) iter.Seq2[gateway.ObjectInfo, error] {
	return func(yield func(gateway.ObjectInfo, error) bool) {
		err := errors.Join(ctx.Err(), checkListing(prefix, after))
		if err == nil {
			err = f.walk(ctx, ".", prefix, after, yield)
		}
		if err != nil && !errors.Is(err, fs.SkipAll) {
			yield(gateway.ObjectInfo{}, fmt.Errorf("listing objects: %w", err))
		}
	}
}

// walk gives the objects in and below folder. fs.SkipAll means that the caller has had
// enough.
func (f *Folder) walk(ctx context.Context, folder, prefix, after string, yield func(gateway.ObjectInfo, error) bool) error {
	entries, err := fs.ReadDir(f.root.FS(), folder)
	if err != nil {
		return folderError(err) // also where it is missing: no folder of ours is ever removed by us
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		key := path.Join(folder, entry.Name())
		if CheckKey(key) != nil {
			continue // incoming, lost+found: nothing of ours
		}
		if entry.IsDir() {
			if below(key+"/", prefix, after) {
				err = f.walk(ctx, key, prefix, after, yield)
			}
		} else if strings.HasPrefix(key, prefix) && key > after {
			err = give(key, entry, yield)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// below says whether a key that starts with folder (which ends in a slash) can be asked
// for.
func below(folder, prefix, after string) bool {
	if !strings.HasPrefix(folder, prefix) && !strings.HasPrefix(prefix, folder) {
		return false
	}
	return folder > after || strings.HasPrefix(after, folder)
}

func give(key string, entry fs.DirEntry, yield func(gateway.ObjectInfo, error) bool) error {
	info, err := entry.Info()
	if missing(err) || err == nil && !info.Mode().IsRegular() {
		return nil // deleted since the folder was read, or nothing of ours
	}
	if err != nil {
		return folderError(err)
	}
	if !yield(gateway.ObjectInfo{Key: key, Size: info.Size(), Modified: info.ModTime()}, nil) {
		return fs.SkipAll
	}
	return nil
}
