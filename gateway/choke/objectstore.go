package choke

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Objects is where sealed bodies are stored: a folder or an S3-compatible bucket. The
// gateway chooses the keys. They are random, made of `a-z 0-9 /`, and never contain text
// of a user. An implementation is safe for concurrent use.
//
// The store is not trusted with content. A body without its header, which is in the
// database, opens for no one. A body that was changed, cut, extended or swapped fails to
// open.
type Objects interface {
	// Put stores body under key and returns when it is durable. It never overwrites: if
	// the key is taken, it fails with ErrObjectExists, whatever raced. size is the exact
	// number of bytes of body, or -1 if it is not known.
	//
	// It stores nothing if body gives fewer or more bytes than size, or fails with any
	// error, io.ErrUnexpectedEOF included. It fails with ErrObjectTooLong if size is not
	// known and body is longer than the store takes without it. After an error the object
	// may still appear later, because the server's outcome is unknown. The caller deletes
	// it.
	Put(ctx context.Context, key string, body io.Reader, size int64) error

	// Get opens the object from byte offset to its end. size is the length of the whole
	// object. It fails with ErrObjectMissing if there is no object. A reader that ends
	// early returns io.ErrUnexpectedEOF, never io.EOF.
	Get(ctx context.Context, key string, offset int64) (body io.ReadCloser, size int64, err error)

	// Delete removes the object and every version of it. A missing object is no error. It
	// fails with ErrObjectRetained if all is gone but what a lock of the store keeps.
	Delete(ctx context.Context, key string) error

	// List returns the objects whose key starts with prefix and sorts after the key
	// after, in the order of keys.
	List(ctx context.Context, prefix, after string) iter.Seq2[ObjectInfo, error]
}

// Unfinished is a second interface of some Objects. In their stores a Put that died
// leaves something that no listing shows: the parts of a multipart upload, or a temporary
// file.
type Unfinished interface {
	// SweepUnfinished calls drop for each unfinished Put whose key starts with prefix,
	// and removes it if drop returns true. Key is empty if the store does not know the
	// object's key. Modified is the time of the last write if the store knows it, or else
	// the time of the start. An error of drop ends the sweep.
	SweepUnfinished(ctx context.Context, prefix string, drop func(ObjectInfo) (bool, error)) error
}

// ObjectInfo is one row of a listing.
type ObjectInfo struct {
	Key      string
	Size     int64 // bytes
	Modified time.Time
}

// Callers of an Objects branch on these errors.
var (
	ErrObjectExists  = errors.New("object exists")
	ErrObjectMissing = errors.New("object missing")
	ErrObjectTooLong = errors.New("object is longer than can be stored without its size")

	// ErrStoreRefuses means that the store does not let the gateway do what it must: a
	// right is missing, or the key has expired. An operator has to look.
	ErrStoreRefuses = errors.New("the store refuses")

	// ErrObjectRetained means that the store keeps the object for a time, or until a hold
	// of its own is lifted, for any client.
	ErrObjectRetained = errors.New("object is kept by a lock of the store")
)

// ReceiptSigner signs receipts: a compact JWS over claims as JSON. Its key is used for
// nothing else. It is deterministic and safe for concurrent use.
type ReceiptSigner interface {
	Sign(claims any) (jws string, err error)
}
