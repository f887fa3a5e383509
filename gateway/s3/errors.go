package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// What callers branch on.
var (
	ErrExists  = errors.New("object exists")
	ErrMissing = errors.New("object missing")

	// ErrTooLong is the fault of a body of unknown size that is longer than can be stored
	// so.
	ErrTooLong = errors.New("object is longer than can be stored without its size")

	// ErrRefused means that the key which signs the requests may not do this.
	ErrRefused = errors.New("access denied")

	// ErrLocked means that the bucket keeps a version for a time, or until a hold of its
	// own is lifted, and said so when it was asked.
	ErrLocked = errors.New("kept by a lock of the bucket")

	// ErrUnavailable means that the same call may succeed later.
	ErrUnavailable = errors.New("temporarily unavailable")
)

// away says whether the server cannot be reached, or cannot answer at the moment. One
// that refuses is not away: it will refuse again until an operator has seen to it.
func away(err error) bool { return errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrRefused) }

// unavailable marks what went wrong at the server, or on the way to it.
func unavailable(err error) error { return fmt.Errorf("%w: %w", ErrUnavailable, err) }

// refusal marks an answer as ErrRefused. The answer's own code says so in words.
type refusal struct{ error }

// Is implements the interface that errors.Is looks for.
func (refusal) Is(target error) bool { return target == ErrRefused }

// Unwrap gives the answer.
func (r refusal) Unwrap() error { return r.error }

// storeError turns what the S3 client says into what callers branch on. An error that is
// no answer of a store comes from the network on the way to it, or from something on the
// way that is no store.
func storeError(err error) error {
	var answer minio.ErrorResponse
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, ErrExists):
		return err
	case !errors.As(err, &answer):
		return unavailable(err)
	case answer.StatusCode == http.StatusPreconditionFailed, answer.Code == minio.PreconditionFailed:
		return fmt.Errorf("%w: %w", ErrExists, answered(answer))
	case answer.Code == minio.NoSuchKey:
		return fmt.Errorf("%w: %w", ErrMissing, answered(answer))
	case answer.Code == minio.AccessDenied:
		return refusal{answered(answer)}
	case meansAway(answer):
		return unavailable(answered(answer))
	}
	return answered(answer)
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
