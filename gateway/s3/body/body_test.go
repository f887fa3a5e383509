package body_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/s3/body"
)

var errReset = errors.New("reset")

// failing is a body that gives some bytes and then fails.
func failing(some string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(some), reader(func([]byte) (int, error) { return 0, err }))
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

// A store sees the end of a body after exactly the bytes that were declared. Every other
// end is an error to it that no client takes for an end.
func TestAMeterLetsOnlyAWholeBodyEnd(t *testing.T) {
	for name, test := range map[string]struct {
		body io.Reader
		size int64
		want error // nil: the body is whole
	}{
		"whole":               {strings.NewReader("sealed"), 6, nil},
		"empty":               {strings.NewReader(""), 0, nil},
		"of any size":         {strings.NewReader("sealed"), -1, nil},
		"short":               {strings.NewReader("seal"), 6, errors.New("body ended before its declared size")},
		"long":                {strings.NewReader("sealed!"), 6, errors.New("body goes on after its declared size")},
		"failing":             {failing("seal", errReset), 6, errReset},
		"failing at its end":  {failing("sealed", errReset), 6, errReset},
		"failing, of any":     {failing("seal", errReset), -1, errReset},
		"cut":                 {failing("seal", io.ErrUnexpectedEOF), 6, io.ErrUnexpectedEOF},
		"cut, of any size":    {failing("seal", io.ErrUnexpectedEOF), -1, io.ErrUnexpectedEOF},
		"cut behind its size": {failing("sealed", io.ErrUnexpectedEOF), 6, io.ErrUnexpectedEOF},
	} {
		m := body.NewMeter(t.Context(), test.body, test.size)
		_, seen := io.Copy(io.Discard, m)
		err := m.Settle(nil)
		if test.want == nil {
			if seen != nil || err != nil {
				t.Errorf("%s: the store saw %v, and the verdict is %v", name, seen, err)
			}
			continue
		}
		if seen == nil || errors.Is(seen, io.EOF) || errors.Is(seen, io.ErrUnexpectedEOF) || strings.Contains(seen.Error(), "EOF") {
			t.Errorf("%s: the store saw %v", name, seen)
		}
		if err == nil || !errors.Is(err, test.want) && err.Error() != test.want.Error() {
			t.Errorf("%s: the verdict is %v, want %v", name, err, test.want)
		}
	}
}

// The body's failure is the cause, and what the store made of it the echo. A store that
// accepts a body which it has not read to its end has not stored it.
func TestAMeterNamesTheCause(t *testing.T) {
	refused := errors.New("refused")
	m := body.NewMeter(t.Context(), failing("seal", errReset), 6)
	io.Copy(io.Discard, m)
	if err := m.Settle(refused); !errors.Is(err, errReset) {
		t.Errorf("the body failed, and the verdict is %v", err)
	}
	m = body.NewMeter(t.Context(), strings.NewReader("sealed"), 6)
	if !m.Midway() {
		t.Error("a body that was not read is not midway")
	}
	if err := m.Settle(refused); !errors.Is(err, refused) {
		t.Errorf("the store refused, and the verdict is %v", err)
	}
	m = body.NewMeter(t.Context(), strings.NewReader("sealed"), 6)
	io.ReadFull(m, make([]byte, 6))
	if err := m.Settle(nil); !errors.Is(err, body.ErrEarly) {
		t.Errorf("the store did not read the end, and the verdict is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	m = body.NewMeter(ctx, strings.NewReader("sealed"), 6)
	cancel()
	io.Copy(io.Discard, m)
	if err := m.Settle(nil); !errors.Is(err, context.Canceled) || m.Midway() {
		t.Errorf("the caller has gone, and the verdict is %v", err)
	}
}

// A client may go on reading after it has returned. The caller's body is its own again
// then.
func TestASettledMeterLeavesTheBodyAlone(t *testing.T) {
	reads := 0
	m := body.NewMeter(t.Context(), reader(func(p []byte) (int, error) { reads++; return len(p), nil }), -1)
	m.Settle(errReset)
	if n, err := m.Read(make([]byte, 1)); n != 0 || err == nil || err == io.EOF || reads != 0 {
		t.Errorf("it gave %d bytes, %v, and read %d times", n, err, reads)
	}
}

// A store's reader may take a lost connection for the end, or give more than the object
// has.
func TestBoundedGivesExactlyItsSize(t *testing.T) {
	meant := errors.New("the store's fault")
	failure := func(err error) error { return errors.Join(meant, err) }
	for _, test := range []struct {
		body io.Reader
		want string
		err  error
	}{
		{strings.NewReader("sealed"), "sealed", nil},
		{strings.NewReader("sealed!"), "sealed", nil},
		{strings.NewReader("seal"), "seal", io.ErrUnexpectedEOF},
		{failing("seal", errReset), "seal", errReset},
	} {
		got, err := io.ReadAll(body.Bounded(io.NopCloser(test.body), 6, failure))
		if string(got) != test.want || !errors.Is(err, test.err) || test.err != nil && !errors.Is(err, meant) {
			t.Errorf("it gave %q, %v; want %q, %v", got, err, test.want, test.err)
		}
	}
}
