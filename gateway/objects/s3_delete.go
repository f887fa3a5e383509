package objects

import (
	"context"
	"errors"
	"fmt"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway"
)

// Delete implements gateway.Objects: every version, delete markers too, and the parts of uploads that never ended.
func (s *S3) Delete(ctx context.Context, key string) error {
	if err := s.delete(ctx, key); err != nil {
		return fmt.Errorf("deleting object: %w", err)
	}
	return nil
}

func (s *S3) delete(ctx context.Context, key string) error {
	if err := errors.Join(ctx.Err(), CheckKey(key)); err != nil {
		return err
	}
	name := s.prefix + key
	if err := s.reads.RemoveIncompleteUpload(ctx, s.bucket, name); err != nil {
		return fmt.Errorf("aborting uploads: %w", storeError(err))
	}
	versions, err := s.versions(ctx, name)
	if err != nil {
		return fmt.Errorf("listing versions: %w", storeError(err))
	}
	var refused error
	for _, version := range versions {
		err := s.reads.RemoveObject(ctx, s.bucket, name, minio.RemoveObjectOptions{VersionID: version})
		switch {
		case err == nil || gone(err):
		case errors.Is(storeError(err), gateway.ErrUnavailable) || ctx.Err() != nil:
			return storeError(err)
		default:
			refused = storeError(err) // it may be locked: the others need not be
		}
	}
	return refused
}

func gone(err error) bool {
	code := minio.ToErrorResponse(err).Code
	return code == minio.NoSuchKey || code == minio.NoSuchVersion
}

// versions gives the ids of all versions of one object. All are known before the first is removed: a listing goes on
// after the last one it gave, which must then be there.
func (s *S3) versions(ctx context.Context, name string) ([]string, error) {
	var ids []string
	o := minio.ListObjectsOptions{Prefix: name, Recursive: true, WithVersions: true}
	for info := range s.reads.ListObjectsIter(ctx, s.bucket, o) {
		if info.Err != nil {
			return nil, info.Err
		}
		if info.Key == name {
			ids = append(ids, info.VersionID)
		}
	}
	return ids, ctx.Err() // a listing that was cancelled ends as if it were complete
}
