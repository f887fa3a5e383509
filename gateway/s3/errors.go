package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
)

// What callers branch on.
var (
	ErrExists  = errors.New("object exists")
	ErrMissing = errors.New("object missing")

	// ErrTooLong is the fault of a body of unknown size that is longer than can be stored
	// so.
	ErrTooLong = errors.New("object is longer than can be stored without its size")

	// ErrRefused means that the server does not let us do this, or does not do what it
	// must. It will not later either, until an operator has seen to it.
	ErrRefused = errors.New("the store refuses")

	// ErrLocked means that the bucket keeps a version for a time, or until a hold of its
	// own is lifted, and said so when it was asked.
	ErrLocked = errors.New("kept by a lock of the bucket")

	// ErrUnavailable means that the same call may succeed later.
	ErrUnavailable = errors.New("temporarily unavailable")
)

// unavailable marks what went wrong at the server, or on the way to it.
func unavailable(err error) error { return fmt.Errorf("%w: %w", ErrUnavailable, err) }

// refused marks what an operator has to see to.
func refused(err error) error { return fmt.Errorf("%w: %w", ErrRefused, err) }

// storeError turns what the S3 client says into what callers branch on. An error that is
// no answer of a store comes from the network on the way to it, or from something on the
// way that is no store.
func storeError(err error) error {
	var answer minio.ErrorResponse
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, ErrExists), errors.Is(err, ErrUnavailable), errors.Is(err, ErrRefused):
		return err
	case !errors.As(err, &answer):
		return unavailable(err)
	case answer.StatusCode == http.StatusPreconditionFailed, answer.Code == minio.PreconditionFailed:
		return fmt.Errorf("%w: %w", ErrExists, answered(answer))
	case answer.Code == minio.NoSuchKey:
		return fmt.Errorf("%w: %w", ErrMissing, answered(answer))
	case meansAway(answer):
		return unavailable(answered(answer))
	}
	if why := inWords(answer); why != "" {
		return fmt.Errorf("%w: %s: %w", ErrRefused, why, answered(answer))
	}
	return refused(answered(answer))
}

// storeError adds to a refusal that this machine's clock is off, as the last answer said
// by its date: a server refuses then whatever is asked, and not each says why.
func (b *Bucket) storeError(err error) error {
	err = storeError(err)
	if off := time.Duration(b.skew.Load()).Round(time.Second); errors.Is(err, ErrRefused) && off.Abs() >= skewNoticed {
		return fmt.Errorf("%w (the store says that this machine's clock is off by %s: set it right)", err, off)
	}
	return err
}

// skewNoticed is less than the quarter of an hour that servers put up with.
const skewNoticed = 5 * time.Minute

// dated notes in skew by how much this machine's clock is ahead of the server's.
type dated struct {
	http.RoundTripper
	skew *atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (d dated) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := d.RoundTripper.RoundTrip(r)
	if err == nil {
		if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
			d.skew.Store(int64(time.Since(date)))
		}
	}
	return answer, err
}

// inWords says what an operator has to see to.
func inWords(answer minio.ErrorResponse) string {
	switch answer.Code {
	case "RequestTimeTooSkewed":
		return "its clock and this machine's differ by too much"
	case "InvalidAccessKeyId", "InvalidTokenId":
		return "it does not know the access key"
	case "SignatureDoesNotMatch":
		return "the secret key is not that of the access key, or the region is another"
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return "the session token has expired"
	case "InvalidToken":
		return "the session token is not valid"
	case minio.AccessDenied:
		return "the key may not do this: docs/stores.md lists the rights that it needs"
	case "AuthorizationHeaderMalformed":
		return "the region is another"
	}
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "the key may not do this"
	case http.StatusNotImplemented:
		return "it does not have this call"
	}
	return ""
}

// answered adds the code and the status, which the client's own text leaves out.
func answered(answer minio.ErrorResponse) error {
	return fmt.Errorf("store answered %s (%d): %w", answer.Code, answer.StatusCode, answer)
}

// meansAway says whether the same request may succeed later. The codes are those that
// come with a status below 500: within a 200 that was sent before the outcome was known,
// or with a 4xx.
func meansAway(answer minio.ErrorResponse) bool {
	switch answer.Code {
	case minio.NoSuchBucket, // it was there when the store was opened
		minio.NoSuchUpload,                    // put together, or aborted, by a request whose answer was lost
		minio.BadDigest, minio.IncompleteBody, // the bytes did not arrive as they were sent
		"ConditionalRequestConflict", "OperationAborted",
		minio.InternalError, "ServiceUnavailable", "RequestTimeout",
		"SlowDown", "SlowDownRead", "SlowDownWrite",
		"Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled":
		return true
	}
	switch answer.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented:
		return false
	}
	return answer.StatusCode >= http.StatusInternalServerError
}
