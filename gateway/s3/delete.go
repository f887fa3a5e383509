package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
)

// Delete removes an object with every version of it, delete markers too, and the parts of
// uploads that never ended. A missing object is no error. ErrLocked means that all is
// gone but what a lock of the bucket keeps; any other error that something may be left.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.abortAll(ctx, name); err != nil {
		return fmt.Errorf("aborting uploads: %w", err)
	}
	ids, err := b.versionsOf(ctx, name)
	if notImplemented(err) {
		return b.deletePlainly(ctx, name)
	}
	if err != nil {
		return fmt.Errorf("listing versions: %w", err)
	}
	var kept error
	for _, id := range ids {
		err := b.RemoveVersion(ctx, name, id)
		if err != nil && !errors.Is(err, ErrUnavailable) {
			err = b.whyRefused(ctx, name, id, err)
		}
		switch {
		case err == nil:
		case errors.Is(err, ErrUnavailable) || ctx.Err() != nil:
			return err
		case kept == nil || errors.Is(kept, ErrLocked):
			kept = err // the others need not be locked; and what has another reason counts
		}
	}
	return kept
}

// versionsOf gives the ids of all versions of an object. All are known before the first
// is removed: a listing goes on after the last one it gave, which must then be there.
func (b *Bucket) versionsOf(ctx context.Context, name string) (ids []string, err error) {
	for version, err := range b.Versions(ctx, name) {
		if err != nil {
			return nil, err
		}
		if version.Name == name {
			ids = append(ids, version.ID)
		}
	}
	return ids, nil
}

// abortAll removes the parts of an object's uploads that never ended.
func (b *Bucket) abortAll(ctx context.Context, name string) error {
	uploads, err := b.Uploads(ctx, name)
	if err != nil {
		return err
	}
	for _, u := range uploads {
		if u.Name != name {
			continue
		}
		if err := b.Abort(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// deletePlainly removes an object from a server that does not list versions. Such a
// server has none, and one that says of this object that it has is not believed: its
// older versions would stay, and no one would see them.
func (b *Bucket) deletePlainly(ctx context.Context, name string) error {
	info, err := b.stat(ctx, b.prefix+name, minio.StatObjectOptions{})
	switch {
	case gone(err):
		return nil
	case err != nil:
		return b.storeError(err)
	case info.VersionID != "" && info.VersionID != nullVersion:
		return refused(errors.New("store keeps versions of the object and does not list them"))
	}
	return b.RemoveVersion(ctx, name, "")
}

// nullVersion is the id of the only version of an object in a bucket without versions.
const nullVersion = "null"

// RemoveVersion removes one version of an object. One that is gone is no error.
func (b *Bucket) RemoveVersion(ctx context.Context, name, id string) error {
	w := b.watch(ctx)
	defer w.stop()
	err := b.reads.RemoveObject(w.ctx, b.bucket, b.prefix+name, minio.RemoveObjectOptions{VersionID: id})
	if gone(err) {
		return nil
	}
	return b.storeError(w.settle(err))
}

// whyRefused is ErrLocked where the server says that a lock keeps the version. Servers
// answer a DELETE under a lock, and one that a key has no right to, in the same way.
func (b *Bucket) whyRefused(ctx context.Context, name, id string, answer error) error {
	info, err := b.stat(ctx, b.prefix+name, minio.StatObjectOptions{VersionID: id})
	if err != nil {
		if err = b.storeError(err); errors.Is(err, ErrUnavailable) {
			return err // it may be locked: ask again
		}
		return answer
	}
	if info.Metadata.Get("X-Amz-Object-Lock-Legal-Hold") == string(minio.LegalHoldEnabled) {
		return fmt.Errorf("%w: a legal hold: %w", ErrLocked, answer)
	}
	until, err := time.Parse(time.RFC3339, info.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	if err == nil && until.After(time.Now()) {
		return fmt.Errorf("%w: until %s: %w", ErrLocked, until.UTC().Format(time.RFC3339), answer)
	}
	// Some servers do not write the bucket's own retention on each object.
	switch since, err := b.keptSince(ctx); {
	case err != nil:
		return err
	case !since.IsZero() && info.LastModified.After(since):
		return fmt.Errorf("%w: the bucket keeps every object for a time: %w", ErrLocked, answer)
	}
	return answer
}

// notImplemented says whether the server does not know such a request at all. A key
// without the right to it gets another answer.
func notImplemented(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && (answer.StatusCode == http.StatusNotImplemented || answer.StatusCode == http.StatusMethodNotAllowed ||
		answer.Code == "NotImplemented")
}

func gone(err error) bool {
	code := minio.ToErrorResponse(err).Code
	return code == minio.NoSuchKey || code == minio.NoSuchVersion
}
