package logbucket

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway/s3"
)

// checkpointLock is the pause between two checkpoints of a ledger that get a retention,
// whatever the pause between two publications: each stays for years.
const checkpointLock = time.Minute

// Create implements publish.Sink. When the answer is lost the object may be there; a
// repetition then finds it.
func (b *Bucket) Create(ctx context.Context, name string, data []byte) error {
	if err := b.create(ctx, name, data); err != nil {
		return fmt.Errorf("publishing %s: %w", name, err)
	}
	return nil
}

func (b *Bucket) create(ctx context.Context, name string, data []byte) error {
	if err := errors.Join(ctx.Err(), publish.CheckName(name)); err != nil {
		return err
	}
	if err := b.checkFree(ctx, name); err != nil {
		return err
	}
	var keep s3.Retention
	until, kept := b.retention(name)
	if kept {
		keep = s3.Retention{Mode: b.mode, Until: until}
	}
	err := b.store.Create(ctx, name, data, keep)
	if errors.Is(err, s3.ErrExists) {
		return publish.ErrExists
	}
	if err == nil && kept {
		b.noteRetention(name)
	}
	return err
}

// checkFree is publish.ErrExists where there is something, which with several replicas is
// common: servers that refuse a body that is still coming leave the connection in
// disorder. A writer that races is found by the condition of the request itself. But
// under a mark that it is deleted the server would take for free what is kept there.
func (b *Bucket) checkFree(ctx context.Context, name string) (err error) {
	if b.immutable(name) {
		_, err = b.firstVersion(ctx, name)
	} else {
		_, err = b.store.Stat(ctx, name)
	}
	switch {
	case err == nil:
		return publish.ErrExists
	case errors.Is(err, publish.ErrMissing), errors.Is(err, s3.ErrMissing):
		return nil
	}
	return err
}

// Replace implements publish.Sink: a bucket shows the old object or the new one.
func (b *Bucket) Replace(ctx context.Context, name string, data []byte) error {
	err := errors.Join(ctx.Err(), publish.CheckName(name))
	if err == nil {
		err = b.store.Replace(ctx, name, data)
	}
	if err != nil {
		return fmt.Errorf("publishing %s: %w", name, err)
	}
	return nil
}

// retention is until when what is stored now under the name is kept, if it is.
func (b *Bucket) retention(name string) (until time.Time, kept bool) {
	now := b.clock()
	if !b.immutable(name) {
		return time.Time{}, false
	}
	if folder := path.Dir(name); path.Base(folder) == "checkpoints" {
		b.mu.Lock()
		defer b.mu.Unlock()
		if last, ok := b.locked[folder]; ok && now.Sub(last) < checkpointLock {
			return time.Time{}, false
		}
	}
	return now.AddDate(0, 0, int(b.days)), true
}

func (b *Bucket) noteRetention(name string) {
	if folder := path.Dir(name); path.Base(folder) == "checkpoints" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.locked[folder] = b.clock()
	}
}

// Remove implements publish.Sink: every version of what is in the folder, but for what is
// published for good. Where the key may not delete, which suits a bucket for proofs well,
// it stays.
func (b *Bucket) Remove(ctx context.Context, folder string) error {
	if err := b.remove(ctx, folder); err != nil {
		return fmt.Errorf("removing %s: %w", folder, err)
	}
	return nil
}

func (b *Bucket) remove(ctx context.Context, folder string) error {
	if err := errors.Join(ctx.Err(), publish.CheckName(folder)); err != nil {
		return err
	}
	var found []s3.Version // all before the first is removed: a listing goes on after the last one it gave
	for version, err := range b.store.Versions(ctx, folder+"/") {
		if err != nil {
			return err
		}
		if !publish.Permanent(version.Name) {
			found = append(found, version)
		}
	}
	for _, version := range found {
		err := b.store.RemoveVersion(ctx, version.Name, version.ID)
		if err != nil && !errors.Is(err, s3.ErrRefused) {
			return err
		}
	}
	return ctx.Err()
}
