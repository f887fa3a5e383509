package s3

import (
	"context"
	"errors"
	"fmt"

	"github.com/minio/minio-go/v7"
)

// Delete removes an object with every version of it, delete markers too, and the parts of
// uploads that never ended. A missing object is no error.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.reads.RemoveIncompleteUpload(ctx, b.bucket, b.prefix+name); err != nil {
		return fmt.Errorf("aborting uploads: %w", storeError(err))
	}
	// All versions are known before the first is removed: a listing goes on after the
	// last one it gave, which must then be there.
	var ids []string
	for version, err := range b.Versions(ctx, name) {
		if err != nil {
			return fmt.Errorf("listing versions: %w", err)
		}
		if version.Name == name {
			ids = append(ids, version.ID)
		}
	}
	var refused error
	for _, id := range ids {
		err := b.RemoveVersion(ctx, name, id)
		switch {
		case err == nil:
		case errors.Is(err, ErrUnavailable) || ctx.Err() != nil:
			return err
		default:
			refused = err // it may be locked: the others need not be
		}
	}
	return refused
}

// RemoveVersion removes one version of an object. One that is gone is no error.
func (b *Bucket) RemoveVersion(ctx context.Context, name, id string) error {
	err := b.reads.RemoveObject(ctx, b.bucket, b.prefix+name, minio.RemoveObjectOptions{VersionID: id})
	if gone(err) {
		return nil
	}
	return storeError(err)
}

func gone(err error) bool {
	code := minio.ToErrorResponse(err).Code
	return code == minio.NoSuchKey || code == minio.NoSuchVersion
}
