package s3

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/minio/minio-go/v7"
)

// Ways are how a server is asked for what not every server does in the usual way. The
// zero value is the usual way. Try finds out which ones a server needs.
type Ways struct {
	// Ahead sends the digests of a body before it, to a server that does not take a
	// checksum after it. So a body, or each part of it, is held in memory before it is
	// sent: up to 16 MiB for each upload. In return, no body is sent whose end is not
	// known to be good, as the server could not tell.
	Ahead bool `json:"digests_ahead"`

	// Looking looks whether a name is taken, because the server ignores If-None-Match or
	// does not have it. It is as good as the condition for writers of this process, which
	// wait for each other. Two processes may still overwrite one another, so their names
	// must not meet: those of documents are random, and each is a row of the database
	// first.
	Looking bool `json:"looks_before_writing"`
}

// digests go before a body. The zero value is for one whose checksum follows it.
type digests struct{ md5, sha256 string }

// digestsOf reads a body to its end.
func digestsOf(body io.Reader) (digests, error) {
	one, two := md5.New(), sha256.New()
	if _, err := io.Copy(io.MultiWriter(one, two), body); err != nil {
		return digests{}, err
	}
	return digests{base64.StdEncoding.EncodeToString(one.Sum(nil)), hex.EncodeToString(two.Sum(nil))}, nil
}

// createOnly are the options of a write that must not overwrite.
func (b *Bucket) createOnly() minio.PutObjectOptions {
	var o minio.PutObjectOptions
	if !b.ways.Looking {
		o.SetMatchETagExcept("*")
	}
	return o
}

// claim makes the name free for this call alone, where the server does not see to it
// itself: ErrExists when it is taken.
func (b *Bucket) claim(ctx context.Context, key string) (release func(), err error) {
	if !b.ways.Looking {
		return func() {}, nil
	}
	release = b.claimed.lock(key)
	switch _, err := b.stat(ctx, key, minio.StatObjectOptions{}); {
	case err == nil:
		release()
		return nil, ErrExists
	case !gone(err):
		release()
		return nil, b.storeError(err)
	}
	return release, nil
}

// claims are the keys that calls of this process write to.
type claims struct {
	mu   sync.Mutex
	held map[string]*claimed // owned by mu
}

type claimed struct {
	mu      sync.Mutex
	waiting int // with the one that holds it; owned by claims.mu
}

func (c *claims) lock(key string) (unlock func()) {
	c.mu.Lock()
	if c.held == nil {
		c.held = map[string]*claimed{}
	}
	k := c.held[key]
	if k == nil {
		k = &claimed{}
		c.held[key] = k
	}
	k.waiting++
	c.mu.Unlock()
	k.mu.Lock()
	return func() {
		k.mu.Unlock()
		c.mu.Lock()
		defer c.mu.Unlock()
		if k.waiting--; k.waiting == 0 {
			delete(c.held, key)
		}
	}
}

// errOtherBytes means that a server stores other bytes than it was sent.
var errOtherBytes = errors.New("the store has not stored what it was sent")

// confirm holds what a server says of an object that it has just stored against what was
// sent: its checksum, where the answer has one, or else its size.
func (b *Bucket) confirm(ctx context.Context, key string, size int64, sum string, answer minio.UploadInfo) error {
	if answer.ChecksumCRC32C != "" && sum != "" {
		if answer.ChecksumCRC32C != sum {
			return refused(fmt.Errorf("%w: it says that the checksum is %s, and it is %s", errOtherBytes, answer.ChecksumCRC32C, sum))
		}
		return nil
	}
	info, err := b.lookAt(ctx, key, answer)
	if err != nil {
		return err
	}
	return checkSize(info, size)
}

// confirmReplaced is confirm for an object that others replace too. Where the object has
// another tag by now, another call has replaced it, and nothing can be said of it.
func (b *Bucket) confirmReplaced(ctx context.Context, key string, size int64, answer minio.UploadInfo) error {
	info, err := b.lookAt(ctx, key, answer)
	if err != nil || info.ETag != answer.ETag {
		return err
	}
	return checkSize(info, size)
}

// lookAt asks for an object that was just stored.
func (b *Bucket) lookAt(ctx context.Context, key string, answer minio.UploadInfo) (minio.ObjectInfo, error) {
	info, err := b.stat(ctx, key, minio.StatObjectOptions{VersionID: answer.VersionID})
	switch {
	case gone(err):
		return info, refused(fmt.Errorf("%w: it is not there", errOtherBytes))
	case ctx.Err() != nil:
		return info, ctx.Err()
	case err != nil:
		return info, unavailable(fmt.Errorf("looking at what was stored: %w", err))
	}
	return info, nil
}

func checkSize(info minio.ObjectInfo, size int64) error {
	if info.Size != size {
		return refused(fmt.Errorf("%w: it has %d bytes, and %d were sent", errOtherBytes, info.Size, size))
	}
	return nil
}
