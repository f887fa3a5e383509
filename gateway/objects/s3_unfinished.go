package objects

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway"
)

var _ gateway.Unfinished = (*S3)(nil)

// SweepUnfinished implements gateway.Unfinished: the parts of multipart uploads that were neither completed nor aborted.
// Modified is when one was begun; a server does not tell when it last got a part.
func (s *S3) SweepUnfinished(ctx context.Context, prefix string, drop func(gateway.ObjectInfo) (bool, error)) error {
	if err := s.sweepUnfinished(ctx, prefix, drop); err != nil {
		return fmt.Errorf("sweeping unfinished objects: %w", err)
	}
	return nil
}

func (s *S3) sweepUnfinished(ctx context.Context, prefix string, drop func(gateway.ObjectInfo) (bool, error)) error {
	if err := errors.Join(ctx.Err(), checkListing(prefix, "")); err != nil {
		return err
	}
	uploads, err := s.unfinished(ctx, prefix)
	if err != nil {
		return fmt.Errorf("listing uploads: %w", storeError(err))
	}
	for _, upload := range uploads {
		dropped, err := drop(gateway.ObjectInfo{Key: strings.TrimPrefix(upload.Key, s.prefix), Size: upload.Size, Modified: upload.Initiated})
		if err != nil {
			return err
		}
		if !dropped {
			continue
		}
		err = s.reads.AbortMultipartUpload(ctx, s.bucket, upload.Key, upload.UploadID)
		if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchUpload {
			return fmt.Errorf("aborting an upload: %w", storeError(err))
		}
	}
	return nil
}

// unfinished lists the uploads. All are known before the first is aborted: a listing goes on after the last one it gave,
// which must then be there.
func (s *S3) unfinished(ctx context.Context, prefix string) ([]minio.ObjectMultipartInfo, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // or the client's goroutine would wait for us after an error
	var uploads []minio.ObjectMultipartInfo
	for upload := range s.reads.ListIncompleteUploads(ctx, s.bucket, s.prefix+prefix, true) {
		if upload.Err != nil {
			return nil, upload.Err
		}
		if CheckKey(strings.TrimPrefix(upload.Key, s.prefix)) == nil {
			uploads = append(uploads, upload)
		}
	}
	return uploads, ctx.Err() // a listing that was cancelled ends as if it were complete
}
