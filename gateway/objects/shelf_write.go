package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway"
)

// checkpointLock is the pause between two checkpoints of a ledger that get a retention, whatever the pause between two
// publications: each stays for years.
const checkpointLock = time.Minute

// Create implements publish.Sink. When the answer is lost the object may be there; a repetition then finds it.
func (s *Shelf) Create(ctx context.Context, name string, data []byte) error {
	if err := s.create(ctx, name, data); err != nil {
		return fmt.Errorf("publishing %s: %w", name, err)
	}
	return nil
}

func (s *Shelf) create(ctx context.Context, name string, data []byte) error {
	if err := errors.Join(ctx.Err(), publish.CheckName(name)); err != nil {
		return err
	}
	if err := s.checkFree(ctx, name); err != nil {
		return err
	}
	o := createOnly()
	until, kept := s.retention(name)
	if kept {
		o.Mode, o.RetainUntilDate = minio.RetentionMode(s.mode), until
	}
	err := s.send(ctx, name, data, o)
	if isConflict(err) {
		err = s.store.lostRace(ctx, s.name(name), err)
	}
	if err = storeError(err); errors.Is(err, gateway.ErrObjectExists) {
		return publish.ErrExists
	}
	if err == nil && kept {
		s.noteRetention(name)
	}
	return err
}

// checkFree is publish.ErrExists where there is something, which with several replicas is common: servers that refuse a body
// that is still coming leave the connection in disorder. Whoever races is found by the condition of the request itself. But
// under a mark that it is deleted the server would take for free what is kept there.
func (s *Shelf) checkFree(ctx context.Context, name string) (err error) {
	if s.immutable(name) {
		_, err = s.firstVersion(ctx, name)
	} else {
		_, err = s.store.reads.StatObject(ctx, s.store.bucket, s.name(name), minio.StatObjectOptions{})
		err = storeError(err)
	}
	switch {
	case err == nil:
		return publish.ErrExists
	case errors.Is(err, publish.ErrMissing), errors.Is(err, gateway.ErrObjectMissing):
		return nil
	}
	return err
}

// Replace implements publish.Sink: a bucket shows the old object or the new one.
func (s *Shelf) Replace(ctx context.Context, name string, data []byte) error {
	err := errors.Join(ctx.Err(), publish.CheckName(name))
	if err == nil {
		err = storeError(s.send(ctx, name, data, minio.PutObjectOptions{}))
	}
	if err != nil {
		return fmt.Errorf("publishing %s: %w", name, err)
	}
	return nil
}

// send sends what is small enough to be held, so that its digests can go before it: Object Lock wants one.
func (s *Shelf) send(ctx context.Context, name string, data []byte, o minio.PutObjectOptions) error {
	o.SendContentMd5 = true
	o.DisableMultipart = true
	_, err := s.store.writes.Client.PutObject(ctx, s.store.bucket, s.name(name), bytes.NewReader(data), int64(len(data)), o)
	return err
}

// retention is until when what is stored now under the name is kept, if it is.
func (s *Shelf) retention(name string) (until time.Time, kept bool) {
	now := s.clock()
	if !s.immutable(name) {
		return time.Time{}, false
	}
	if folder := path.Dir(name); path.Base(folder) == "checkpoints" {
		s.mu.Lock()
		defer s.mu.Unlock()
		if last, ok := s.locked[folder]; ok && now.Sub(last) < checkpointLock {
			return time.Time{}, false
		}
	}
	return now.AddDate(0, 0, int(s.days)), true
}

func (s *Shelf) noteRetention(name string) {
	if folder := path.Dir(name); path.Base(folder) == "checkpoints" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.locked[folder] = s.clock()
	}
}

// Remove implements publish.Sink: every version of what is in the folder, but for what is published for good. Where the key
// may not delete, which suits a bucket for proofs well, it stays.
func (s *Shelf) Remove(ctx context.Context, folder string) error {
	if err := s.remove(ctx, folder); err != nil {
		return fmt.Errorf("removing %s: %w", folder, err)
	}
	return nil
}

func (s *Shelf) remove(ctx context.Context, folder string) error {
	if err := errors.Join(ctx.Err(), publish.CheckName(folder)); err != nil {
		return err
	}
	var found []minio.ObjectInfo // all of them before the first is removed: a listing goes on after the last one it gave
	for info := range s.versions(ctx, folder+"/", true) {
		if info.Err != nil {
			return storeError(info.Err)
		}
		if !publish.Permanent(s.relative(info.Key)) {
			found = append(found, info)
		}
	}
	for _, info := range found {
		err := s.store.reads.RemoveObject(ctx, s.store.bucket, info.Key, minio.RemoveObjectOptions{VersionID: info.VersionID})
		if err != nil && !gone(err) && minio.ToErrorResponse(err).Code != minio.AccessDenied {
			return storeError(err)
		}
	}
	return ctx.Err()
}
