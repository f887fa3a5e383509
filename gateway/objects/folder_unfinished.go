package objects

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/bordereau/bordereau/gateway"
)

var _ gateway.Unfinished = (*Folder)(nil)

// SweepUnfinished implements gateway.Unfinished. A file in incoming does not tell its
// key, so prefix is not looked at; while its Put lives, every write renews its time.
func (f *Folder) SweepUnfinished(ctx context.Context, _ string, drop func(gateway.ObjectInfo) (bool, error)) error {
	if err := f.sweep(ctx, drop); err != nil {
		return fmt.Errorf("sweeping unfinished objects: %w", err)
	}
	return nil
}

func (f *Folder) sweep(ctx context.Context, drop func(gateway.ObjectInfo) (bool, error)) error {
	entries, err := fs.ReadDir(f.root.FS(), incoming)
	if err != nil {
		return folderError(err)
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		info, err := entry.Info()
		if missing(err) {
			continue // linked or discarded meanwhile
		}
		if err != nil {
			return folderError(err)
		}
		dropped, err := drop(gateway.ObjectInfo{Size: info.Size(), Modified: info.ModTime()})
		if err != nil {
			return err
		}
		if !dropped {
			continue
		}
		if err := f.root.Remove(path.Join(incoming, entry.Name())); err != nil && !missing(err) {
			return folderError(err)
		}
	}
	return nil
}

// sweepAbandoned removes what processes that died have left.
func (f *Folder) sweepAbandoned(ctx context.Context) error {
	before, removed := time.Now().Add(-abandonedAfter), 0
	err := f.sweep(ctx, func(o gateway.ObjectInfo) (bool, error) {
		old := o.Modified.Before(before)
		if old {
			removed++
		}
		return old, nil
	})
	if removed > 0 {
		f.logger.InfoContext(ctx, "removed abandoned uploads", "count", removed)
	}
	return err
}
