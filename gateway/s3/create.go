package s3

import (
	"bytes"
	"context"
	"errors"
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
	release, err := b.claim(ctx, b.prefix+name)
	if err != nil {
		return err
	}
	defer release()
	o := b.createOnly()
	if keep.Mode != NoRetention {
		o.Mode, o.RetainUntilDate = minio.RetentionMode(keep.Mode), keep.Until
	}
	answer, err := b.sendData(ctx, b.prefix+name, data, o)
	if err == nil {
		err = b.confirm(ctx, b.prefix+name, int64(len(data)), "", answer)
	}
	if isConflict(err) {
		err = b.lostRace(ctx, b.prefix+name, err)
	}
	return b.storeError(err)
}

// Replace stores data in place of what was there. The bucket shows the old object or the
// new one.
func (b *Bucket) Replace(ctx context.Context, name string, data []byte) error {
	answer, err := b.sendData(ctx, b.prefix+name, data, minio.PutObjectOptions{})
	if err == nil {
		err = b.confirmReplaced(ctx, b.prefix+name, int64(len(data)), answer)
	}
	return b.storeError(err)
}

// sendData sends data with its digests before it: Object Lock wants one, and no server
// refuses it.
func (b *Bucket) sendData(ctx context.Context, key string, data []byte, o minio.PutObjectOptions) (minio.UploadInfo, error) {
	o.DisableContentSha256 = true // the client need not make one: it is there
	d, err := digestsOf(bytes.NewReader(data))
	if err != nil {
		return minio.UploadInfo{}, err
	}
	w := b.watch(ctx)
	defer w.stop()
	w.allow(b.patience.stall)
	answer, err := b.writes.PutObject(w.ctx, b.bucket, key, bytes.NewReader(data), int64(len(data)), d.md5, d.sha256, o)
	if err != nil {
		return minio.UploadInfo{}, w.settle(err)
	}
	return answer, nil
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

// keptSince is the time from which on the bucket gives every object a retention that
// still lasts; zero where it gives none. A server, or a key, that does not say has none.
func (b *Bucket) keptSince(ctx context.Context) (time.Time, error) {
	w := b.watch(ctx)
	defer w.stop()
	_, mode, validity, unit, err := b.reads.GetObjectLockConfig(w.ctx, b.bucket)
	if err := b.storeError(w.settle(err)); errors.Is(err, ErrUnavailable) {
		return time.Time{}, err
	}
	if err != nil || mode == nil || *mode == "" || validity == nil || unit == nil {
		return time.Time{}, nil
	}
	if *unit == minio.Years {
		return time.Now().AddDate(-int(*validity), 0, 0), nil
	}
	return time.Now().AddDate(0, 0, -int(*validity)), nil
}
