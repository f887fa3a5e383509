package s3

import (
	"context"
	"time"

	"github.com/minio/minio-go/v7"
)

// Upload is a multipart upload that was neither completed nor aborted.
type Upload struct {
	Name  string
	Size  int64     // of its parts, where the server says it
	Begun time.Time // a server does not tell when it last got a part

	id string
}

// Uploads gives the uploads of names that start with prefix. All are known before the
// first is aborted: a listing goes on after the last one it gave, which must then be
// there. A server that does not list uploads gives none: what a dead process left there
// is for a lifecycle rule of the bucket.
func (b *Bucket) Uploads(ctx context.Context, prefix string) ([]Upload, error) {
	w := b.watch(ctx)
	defer w.stop() // or the client's goroutine would wait for us after an error
	w.allow(b.patience.stall)
	var uploads []Upload
	for u := range b.reads.ListIncompleteUploads(w.ctx, b.bucket, b.prefix+prefix, true) {
		switch {
		case u.Err == nil:
		case notImplemented(u.Err), minio.ToErrorResponse(u.Err).Code == minio.NoSuchUpload: // some say so when there is none
			return nil, nil
		default:
			return nil, b.storeError(w.settle(u.Err))
		}
		w.allow(b.patience.stall)
		uploads = append(uploads, Upload{Name: b.name(u.Key), Size: u.Size, Begun: u.Initiated, id: u.UploadID})
	}
	return uploads, b.storeError(w.settle(w.ctx.Err())) // a listing that was cancelled ends as if it were complete
}

// Abort removes the parts of an upload. One that is gone is no error.
func (b *Bucket) Abort(ctx context.Context, u Upload) error {
	w := b.watch(ctx)
	defer w.stop()
	w.allow(b.patience.stall)
	err := b.reads.AbortMultipartUpload(w.ctx, b.bucket, b.prefix+u.Name, u.id)
	if minio.ToErrorResponse(err).Code == minio.NoSuchUpload {
		return nil
	}
	return b.storeError(w.settle(err))
}
