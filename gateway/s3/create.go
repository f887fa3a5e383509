package s3

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
)

// RetentionMode says who may take back the retention of an object in a bucket with Object
// Lock.
type RetentionMode string

// The modes.
const (
	NoRetention RetentionMode = ""           // objects have none
	Governance  RetentionMode = "GOVERNANCE" // those who have the server's permission for it
	Compliance  RetentionMode = "COMPLIANCE" // no one, the bucket's owner included
)

// Retention is until when the server lets no one delete an object. The zero value is
// none.
type Retention struct {
	Mode  RetentionMode
	Until time.Time
}

// Create stores data that is small enough to be held, and never overwrites: ErrExists
// when the name is taken. When the answer is lost the object may be there.
func (b *Bucket) Create(ctx context.Context, name string, data []byte, keep Retention) error {
	o := createOnly()
	if keep.Mode != NoRetention {
		o.Mode, o.RetainUntilDate = minio.RetentionMode(keep.Mode), keep.Until
	}
	err := b.sendData(ctx, b.prefix+name, data, o)
	if isConflict(err) {
		err = b.lostRace(ctx, b.prefix+name, err)
	}
	return b.storeError(err)
}

// Replace stores data in place of what was there. The bucket shows the old object or the
// new one.
func (b *Bucket) Replace(ctx context.Context, name string, data []byte) error {
	return b.storeError(b.sendData(ctx, b.prefix+name, data, minio.PutObjectOptions{}))
}

// sendData sends data with its digests before it: Object Lock wants one.
func (b *Bucket) sendData(ctx context.Context, key string, data []byte, o minio.PutObjectOptions) error {
	o.SendContentMd5 = true
	o.DisableMultipart = true
	w := b.watch(ctx)
	defer w.stop()
	w.allow(b.patience.stall)
	_, err := b.writes.Client.PutObject(w.ctx, b.bucket, key, bytes.NewReader(data), int64(len(data)), o)
	return w.settle(err)
}

// HasLock says whether the bucket has Object Lock. A server that does not know what that
// is has none.
func (b *Bucket) HasLock(ctx context.Context) (bool, error) {
	w := b.watch(ctx)
	defer w.stop()
	enabled, _, _, _, err := b.reads.GetObjectLockConfig(w.ctx, b.bucket)
	if answer := minio.ToErrorResponse(err); answer.Code == "ObjectLockConfigurationNotFoundError" || answer.StatusCode == http.StatusNotImplemented {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking for Object Lock: %w", b.storeError(w.settle(err)))
	}
	return enabled == "Enabled", nil
}
