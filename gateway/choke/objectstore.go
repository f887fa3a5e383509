package choke

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Objects is where sealed bodies live: a folder or an S3-compatible bucket. Keys are ours, random and made of
// `a-z 0-9 /`; nothing of a user's is ever part of one. An implementation is safe for concurrent use.
//
// The store is not trusted with content: a body without its header (a row in the database) opens for nobody, and a
// body that was changed, cut, extended or swapped fails to open.
type Objects interface {
	// Put stores body under key and returns when it is durable. It never overwrites: ErrObjectExists when key is
	// taken, whatever raced. size is the exact number of bytes body gives, or -1 when it is not known. A body that
	// gives fewer or more bytes than size, or fails with any error (io.ErrUnexpectedEOF too), stores nothing; nor does one
	// of unknown size that is longer than the store takes without knowing it: ErrObjectTooLong. After
	// an error the object may still appear later (an unknown outcome at the server): the caller deletes it.
	Put(ctx context.Context, key string, body io.Reader, size int64) error

	// Get opens the object from byte offset to its end. size is the whole object's length. ErrObjectMissing when
	// there is none. A reader that ends early gives io.ErrUnexpectedEOF, never io.EOF.
	Get(ctx context.Context, key string, offset int64) (body io.ReadCloser, size int64, err error)

	// Delete removes the object and every version of it. A missing object is no error.
	Delete(ctx context.Context, key string) error

	// List gives the objects whose key starts with prefix and sorts after the key after, in key order.
	List(ctx context.Context, prefix, after string) iter.Seq2[ObjectInfo, error]
}

// Unfinished is what an Objects is beside, where a Put that died leaves behind what no listing shows: the parts of a
// multipart upload, a temporary file.
type Unfinished interface {
	// SweepUnfinished shows each of them, of keys that start with prefix, to drop, and removes it where drop says so.
	// Key is empty where the store does not know which object it was to become. Modified is when it was begun or, where
	// the store knows, last written. An error of drop's ends it.
	SweepUnfinished(ctx context.Context, prefix string, drop func(ObjectInfo) (bool, error)) error
}

// ObjectInfo is one row of a listing.
type ObjectInfo struct {
	Key      string
	Size     int64 // bytes
	Modified time.Time
}

// What callers of an Objects branch on.
var (
	ErrObjectExists  = errors.New("object exists")
	ErrObjectMissing = errors.New("object missing")
	ErrObjectTooLong = errors.New("object is longer than can be stored without its size")
)

// ReceiptSigner signs receipts: a compact JWS over claims as JSON, with a key used for nothing else. It is deterministic
// and safe for concurrent use.
type ReceiptSigner interface {
	Sign(claims any) (jws string, err error)
}
