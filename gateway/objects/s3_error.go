package objects

import (
	"errors"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/s3"
)

// s3Error adds to an error of package s3 what callers of a gateway.Objects branch on. The
// text stays.
func s3Error(err error) error {
	var means []error
	if errors.Is(err, s3.ErrRefused) {
		// It may be let in again, so a caller may try again; an operator has to look.
		means = append(means, gateway.ErrStoreRefuses, gateway.ErrUnavailable)
	}
	for _, pair := range []struct{ theirs, ours error }{
		{s3.ErrExists, gateway.ErrObjectExists},
		{s3.ErrMissing, gateway.ErrObjectMissing},
		{s3.ErrTooLong, gateway.ErrObjectTooLong},
		{s3.ErrLocked, gateway.ErrObjectRetained},
		{s3.ErrUnavailable, gateway.ErrUnavailable},
	} {
		if errors.Is(err, pair.theirs) {
			means = append(means, pair.ours)
		}
	}
	if means == nil {
		return err
	}
	return &translated{err, means}
}

// translated is an error of package s3 with its meaning to the gateway.
type translated struct {
	error
	means []error
}

// Unwrap gives the error and its meanings.
func (t *translated) Unwrap() []error { return append([]error{t.error}, t.means...) }
