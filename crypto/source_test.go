package crypto_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/bordereau/bordereau/crypto"
)

var errAway = errors.New("store away")

// breaking gives its bytes and fails once, together with the last of them. After that it
// returns io.EOF, as some readers do.
type breaking struct {
	data   []byte
	err    error
	failed bool
}

func (b *breaking) Read(p []byte) (int, error) {
	if b.failed {
		return 0, io.EOF
	}
	n := copy(p, b.data)
	b.data = b.data[n:]
	if len(b.data) == 0 {
		b.failed = true
		return n, b.err
	}
	return n, nil
}

// failures are the ways in which a stream breaks off. The first is net/http's error when
// a client vanishes, which stores take for the end.
var failures = map[string]error{
	"unexpected EOF":         io.ErrUnexpectedEOF,
	"wrapped unexpected EOF": fmt.Errorf("reading request: %w", io.ErrUnexpectedEOF),
	"wrapped EOF":            fmt.Errorf("reading request: %w", io.EOF),
	"joined EOF":             errors.Join(errAway, io.EOF),
	"other":                  errAway,
}

// checkFailure wants an error that no copy loop and no store takes for an end.
func checkFailure(t *testing.T, cause, err error) {
	t.Helper()
	switch {
	case err == nil:
		t.Error("ended cleanly")
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		t.Errorf("%v can be taken for an end", err)
	case errors.Is(err, crypto.ErrTampered) || errors.Is(err, crypto.ErrWrongKey):
		t.Errorf("%v accuses somebody of a broken connection", err)
	case cause == errAway && !errors.Is(err, errAway):
		t.Errorf("%v hides the cause", err)
	}
}

// One byte more than a chunk: here age has all the bytes it asked for and ignores the
// error.
var breakingPoints = []int{0, 1, chunk - 1, chunk, chunk + 1, 2*chunk + 1, 2*chunk + 5}

func TestABrokenPlaintextNeverSealsCleanly(t *testing.T) {
	to := newIdentity(t).Recipient()
	for name, cause := range failures {
		for _, n := range breakingPoints {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				_, body, err := crypto.Seal(&breaking{data: document(n), err: cause}, to)
				if err != nil {
					t.Fatal(err)
				}
				_, err = io.Copy(io.Discard, body)
				checkFailure(t, cause, err)
				if _, again := body.Read(make([]byte, 1)); again == nil || again == io.EOF {
					t.Errorf("reading on after the failure gave %v", again)
				}
			})
		}
	}
}

func TestABrokenBodyNeverOpensCleanly(t *testing.T) {
	identity := newIdentity(t)
	header, body := seal(t, document(2*chunk+100), identity.Recipient())
	points := []int{0, 5, 16, 17, 16 + chunk + 16, 16 + chunk + 17, len(body) - 1, len(body)}
	for name, cause := range failures {
		for _, n := range points {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				got, err := open(header, &breaking{data: body[:n], err: cause}, identity)
				checkFailure(t, cause, err)
				if !bytes.HasPrefix(document(2*chunk+100), got) {
					t.Error("released bytes that are not the document's")
				}
			})
		}
	}
}
