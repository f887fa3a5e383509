package objects

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway"
)

// storeError turns what the S3 client says into what callers branch on. An error that is no answer of a store comes
// from the network on the way to it, or from something on the way that is no store.
func storeError(err error) error {
	var answer minio.ErrorResponse
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, gateway.ErrObjectExists):
		return err
	case !errors.As(err, &answer):
		return unavailable(err)
	case answer.StatusCode == http.StatusPreconditionFailed, answer.Code == minio.PreconditionFailed:
		return fmt.Errorf("%w: %w", gateway.ErrObjectExists, answered(answer))
	case answer.Code == minio.NoSuchKey:
		return fmt.Errorf("%w: %w", gateway.ErrObjectMissing, answered(answer))
	case meansAway(answer):
		return unavailable(answered(answer))
	}
	return answered(answer)
}

// answered adds the code and the status, which the client's own text leaves out.
func answered(answer minio.ErrorResponse) error {
	return fmt.Errorf("store answered %s (%d): %w", answer.Code, answer.StatusCode, answer)
}

// meansAway says whether the same request may succeed later. The codes are those that come with a status below 500:
// within a 200 that was sent before the outcome was known, or with a 4xx.
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
