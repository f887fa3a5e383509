// Package objectstest is the conformance suite of gateway.Objects: what every store must
// do, whatever it is made of. A store passes when Run passes over it; Benchmark measures
// it in the same way as the others.
package objectstest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bordereau/bordereau/gateway"
)

// Run runs the suite. open gives an empty store, which no other test uses, for each test.
func Run(t *testing.T, open func(t *testing.T) gateway.Objects) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, store gateway.Objects)
	}{
		{"gives back what was put", givesBack},
		{"reads bodies that come in odd pieces", readsOddPieces},
		{"opens at an offset", opensAtOffset},
		{"is done with a reader that is closed early", closesEarly},
		{"never overwrites", neverOverwrites},
		{"lets one of many writers win", oneWriterWins},
		{"lets who wins hold the key", winnerHoldsKey},
		{"keeps nothing of a body that fails", keepsNothingOfFailedBody},
		{"keeps nothing of a body of another size", keepsNothingOfOtherSize},
		{"keeps nothing when cancelled", keepsNothingWhenCancelled},
		{"leaves the body alone when it has returned", leavesBodyAlone},
		{"knows what is missing", knowsMissing},
		{"deletes", deletes},
		{"lists in key order", listsInOrder},
		{"stops listing", stopsListing},
		{"refuses keys that are not ours", refusesKeys},
		{"serves many at a time", servesMany},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// unknown is the size of a body that only its end will tell.
const unknown = -1

// content gives size bytes, the same for the same seed and different ones for another.
func content(seed byte, size int) []byte {
	b := make([]byte, size)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func mustPut(t *testing.T, store gateway.Objects, key string, body []byte) {
	t.Helper()
	if err := store.Put(t.Context(), key, bytes.NewReader(body), int64(len(body))); err != nil {
		t.Fatalf("Put(%q): %v", key, err)
	}
}

// wantContent checks that the object from offset on is want and that its whole size is
// size.
func wantContent(t *testing.T, store gateway.Objects, key string, offset int64, want []byte, size int) {
	t.Helper()
	body, whole, err := store.Get(t.Context(), key, offset)
	if err != nil {
		t.Errorf("Get(%q, %d): %v", key, offset, err)
		return
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if err != nil {
		t.Errorf("reading %q from %d: %v", key, offset, err)
	}
	if whole != int64(size) {
		t.Errorf("Get(%q, %d) says %d bytes in all, want %d", key, offset, whole, size)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("Get(%q, %d) gave %d bytes that are not the %d that were put", key, offset, len(got), len(want))
	}
}

// wantMissing checks that there is no trace of key.
func wantMissing(t *testing.T, store gateway.Objects, key string) {
	t.Helper()
	body, _, err := store.Get(t.Context(), key, 0)
	if err == nil {
		body.Close()
	}
	if !errors.Is(err, gateway.ErrObjectMissing) {
		t.Errorf("Get(%q) = %v, want ErrObjectMissing", key, err)
	}
	if keys := list(t, store, key, ""); len(keys) > 0 {
		t.Errorf("List gives %q, want nothing", keys)
	}
}

// list gives the keys that a whole listing gives.
func list(t *testing.T, store gateway.Objects, prefix, after string) []string {
	t.Helper()
	var keys []string
	for info, err := range store.List(t.Context(), prefix, after) {
		if err != nil {
			t.Fatalf("List(%q, %q): %v", prefix, after, err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

func wantKeys(t *testing.T, store gateway.Objects, prefix, after string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, list(t, store, prefix, after), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("List(%q, %q) (-want +got):\n%s", prefix, after, diff)
	}
}

// A script is a body that gives data and then an error, io.EOF for a good one.
type script struct {
	data io.Reader
	end  func() error
}

// Read implements io.Reader.
func (s *script) Read(p []byte) (int, error) {
	n, err := s.data.Read(p)
	if err == io.EOF {
		err = s.end()
	}
	return n, err
}

// failing gives data and then err in place of io.EOF.
func failing(data []byte, err error) io.Reader {
	return &script{data: bytes.NewReader(data), end: func() error { return err }}
}

// cancelled is a context that has ended.
func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
