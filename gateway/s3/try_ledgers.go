package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// The objects of a try of a bucket for ledgers, whose key may not delete. What is
// published has no dash in its name, so no ledger is called so.
const (
	triedCreate  = tryPrefix + "created"
	triedReplace = tryPrefix + "replaced"
	triedLock    = tryPrefix + "locked"
)

// triedRetention is for how long a try locks its object.
const triedRetention = 10 * time.Minute

// TryLedgers is Try for a bucket that ledgers are published to, with a retention in the
// mode, if any. Where the key may not delete, which suits such a bucket, it leaves two
// small objects, and in a bucket with a lock one more. The next try uses them again.
func TryLedgers(ctx context.Context, c Config, mode RetentionMode) (Report, error) {
	var usual Report
	for _, ways := range []Ways{{}, {Looking: true}} {
		c.Ways = ways
		b, err := Open(ctx, c)
		if err != nil {
			return usual, err
		}
		r := Report{Bucket: c.String(), Tried: time.Now().UTC(), Ways: ways}
		t := &try{bucket: b, report: &r}
		err = t.ledgers(ctx, mode)
		t.cleanUpLedgers(ctx)
		b.Close()
		if err != nil {
			return r, fmt.Errorf("trying %s: %w", c, err)
		}
		if !t.another {
			return r, nil
		}
		if ways == (Ways{}) {
			usual = r
		}
	}
	return usual, nil
}

func (t *try) ledgers(ctx context.Context, mode RetentionMode) error {
	const follows = "no ledger can be published"
	content := []byte("Bordereau tried this bucket.")
	err := t.bucket.Create(ctx, triedCreate, content, Retention{})
	if err != nil && !errors.Is(err, ErrExists) {
		t.another = errors.Is(err, ErrRefused)
		return t.cannot(storing, err, follows)
	}
	t.found(storing, Works, "")
	if got, err := t.read(ctx, triedCreate, 0); err != nil || !bytes.Equal(got, content) {
		return t.cannot("reading an object", wrong(err, "it gives other bytes than it was sent"), follows)
	}
	t.found("reading an object", Works, "")
	if done, err := t.createAgain(ctx, content); err != nil || !done {
		return err
	}
	if err := t.bucket.Replace(ctx, triedReplace, content); err != nil {
		return t.cannot("replacing an object", err, follows)
	}
	t.found("replacing an object", Works, "")
	if err := t.list(ctx, triedCreate, nil); err != nil || mode == NoRetention {
		return err
	}
	return t.lock(ctx, content, mode)
}

func (t *try) createAgain(ctx context.Context, content []byte) (done bool, err error) {
	const tried = "not overwriting an object"
	err = t.bucket.Create(ctx, triedCreate, bytes.ToUpper(content), Retention{})
	got, failed := t.read(ctx, triedCreate, 0)
	switch {
	case failed != nil:
		return false, t.cannot(tried, failed, "published ledgers could be overwritten")
	case err != nil && !errors.Is(err, ErrExists):
		return false, t.cannot(tried, err, "published ledgers could be overwritten")
	case err == nil || !bytes.Equal(got, content):
		t.another = true
		return false, t.cannot(tried, errors.New("it ignores If-None-Match"), "published ledgers could be overwritten")
	case t.bucket.ways.Looking:
		t.found(tried, OtherWay, "the server does not honour If-None-Match: the gateway looks first. Let one gateway publish, or two to folders of their own")
	default:
		t.found(tried, Works, "")
	}
	return true, nil
}

// lock tries whether the bucket keeps what has a retention.
func (t *try) lock(ctx context.Context, content []byte, mode RetentionMode) error {
	const tried, follows = "keeping an object", "published ledgers could be deleted"
	switch has, err := t.bucket.HasLock(ctx); {
	case err != nil:
		return t.cannot(tried, err, follows)
	case !has:
		return t.cannot(tried, errors.New("the bucket has no Object Lock, which can only be had when a bucket is made"), follows)
	}
	t.drop(ctx, triedLock) // of an earlier try, whose time is over
	err := t.bucket.Create(ctx, triedLock, content, Retention{Mode: mode, Until: time.Now().Add(triedRetention)})
	if err != nil && !errors.Is(err, ErrExists) {
		return t.cannot(tried, err, follows)
	}
	ids, err := t.bucket.versionsOf(ctx, triedLock)
	if err != nil {
		return t.cannot(tried, err, "what is published cannot be read for good")
	}
	for _, id := range ids {
		if err := t.bucket.RemoveVersion(ctx, triedLock, id); err == nil {
			return t.cannot(tried, errors.New("it deletes a version that has a retention"), follows)
		} else if !errors.Is(err, ErrRefused) {
			return err
		}
	}
	t.found(tried, Works, "")
	return nil
}

func (t *try) cleanUpLedgers(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	t.drop(ctx, triedCreate)
	t.drop(ctx, triedReplace)
}

// drop deletes an object, where that is allowed.
func (t *try) drop(ctx context.Context, name string) {
	if err := t.bucket.Delete(ctx, name); err != nil && !errors.Is(err, ErrRefused) && !errors.Is(err, ErrLocked) {
		t.bucket.logger.WarnContext(ctx, "an object of a try stays in the bucket", "bucket", t.bucket.bucket, "key", name, "error", err)
	}
}
