package crypto_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/bordereau/bordereau/crypto"
)

// bodySource serves a body from any byte on, as a store does, and counts the streams left
// open.
type bodySource struct {
	body  []byte
	asked []int64
	open  int
}

func (b *bodySource) from(at int64) (io.ReadCloser, error) {
	b.asked = append(b.asked, at)
	b.open++
	return &bodyStream{bytes.NewReader(b.body[min(at, int64(len(b.body))):]), b}, nil
}

type bodyStream struct {
	io.Reader
	source *bodySource
}

func (s *bodyStream) Close() error {
	s.source.open--
	return nil
}

func openRange(header []byte, with *crypto.Identity, size, offset int64, source *bodySource) ([]byte, error) {
	plain, err := crypto.OpenRange(header, with, size, offset, source.from)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(plain)
	return got, errors.Join(err, plain.Close())
}

func TestARangeIsTheRestOfTheDocument(t *testing.T) {
	identity := classicIdentity(t)
	for _, n := range lengths {
		plain := document(n)
		header, body := seal(t, plain, identity.Recipient())
		for _, offset := range append(slices.Clone(lengths), n-1, n) {
			if offset < 0 || offset > n {
				continue
			}
			source := &bodySource{body: body}
			got, err := openRange(header, identity, int64(n), int64(offset), source)
			if err != nil || !bytes.Equal(got, plain[offset:]) {
				t.Errorf("%d bytes from %d: got %d bytes, %v", n, offset, len(got), err)
			}
			if source.open != 0 || len(source.asked) > 2 {
				t.Errorf("%d bytes from %d: asked for %v, left %d open", n, offset, source.asked, source.open)
			}
		}
	}
}

func TestARangeReadsNothingBeforeIt(t *testing.T) {
	identity := newIdentity(t)
	header, body := seal(t, document(5*chunk), identity.Recipient())
	clear(body[16 : 16+3*(chunk+16)]) // OpenRange does not read the chunks before
	source := &bodySource{body: body}
	got, err := openRange(header, identity, 5*chunk, 3*chunk+7, source)
	if err != nil || !bytes.Equal(got, document(5 * chunk)[3*chunk+7:]) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if want := []int64{0, 16 + 3*(chunk+16)}; !slices.Equal(source.asked, want) {
		t.Errorf("asked from %v, want %v", source.asked, want)
	}
}

func TestARangeOutsideOfTheDocumentIsRefused(t *testing.T) {
	identity := newIdentity(t)
	header, body := seal(t, document(10), identity.Recipient())
	for _, place := range [][2]int64{{10, -1}, {10, 11}, {-1, 0}, {-1, -1}} {
		source := &bodySource{body: body}
		if _, err := openRange(header, identity, place[0], place[1], source); err == nil || len(source.asked) > 0 {
			t.Errorf("size %d, offset %d: got %v, asked %v", place[0], place[1], err, source.asked)
		}
	}
}

// Only the sealed size opens, from any offset. With another size, no byte is released
// beyond the true ones.
func TestARangeIsBoundToTheSize(t *testing.T) {
	identity := classicIdentity(t)
	for _, n := range lengths {
		plain := document(n)
		header, body := seal(t, plain, identity.Recipient())
		for _, size := range []int{n - chunk, n - 1, n + 1, n + chunk, 2 * n} {
			if size < 0 || size == n {
				continue
			}
			for _, offset := range []int{0, size / 2, size} {
				got, err := openRange(header, identity, int64(size), int64(offset), &bodySource{body: body})
				if !errors.Is(err, crypto.ErrTampered) {
					t.Errorf("%d bytes opened as %d from %d: %v", n, size, offset, err)
				}
				if offset+len(got) > size {
					t.Errorf("%d bytes opened as %d from %d: released %d", n, size, offset, len(got))
				}
			}
		}
	}
}

func TestARangeOfATamperedBodyDoesNotOpen(t *testing.T) {
	const n, sealedChunk = 3*chunk + 100, chunk + 16
	identity := classicIdentity(t)
	plain := document(n)
	header, body := seal(t, plain, identity.Recipient())
	_, other := seal(t, plain, identity.Recipient())
	at := func(i int) int { return 16 + i*sealedChunk }
	flipped := func(i int) []byte {
		changed := slices.Clone(body)
		changed[i] ^= 1
		return changed
	}
	for name, changed := range map[string][]byte{
		"empty":               {},
		"half a nonce":        body[:8],
		"nonce changed":       flipped(0),
		"this chunk":          flipped(at(1) + 5),
		"its tag":             flipped(at(2) - 1),
		"a later chunk":       flipped(at(2)),
		"last byte":           flipped(len(body) - 1),
		"cut":                 body[:len(body)-1],
		"cut at a chunk":      body[:at(3)],
		"cut before the rest": body[:at(1)],
		"extended":            append(slices.Clone(body), 0),
		"a chunk too many":    slices.Concat(body, body[at(1):at(2)]),
		"exchanged":           slices.Concat(body[:at(1)], body[at(2):at(3)], body[at(1):at(2)], body[at(3):]),
		"another's chunk":     slices.Concat(body[:at(1)], other[at(1):at(2)], body[at(2):]),
		"another's body":      other,
	} {
		t.Run(name, func(t *testing.T) {
			source := &bodySource{body: changed}
			got, err := openRange(header, identity, n, chunk+9, source)
			if !errors.Is(err, crypto.ErrTampered) {
				t.Errorf("got %v, want %v", err, crypto.ErrTampered)
			}
			if !bytes.HasPrefix(plain[chunk+9:], got) {
				t.Error("released bytes that are not the document's")
			}
			if source.open != 0 {
				t.Errorf("left %d open", source.open)
			}
		})
	}
}

func TestABrokenSourceOfARangeIsNoEnd(t *testing.T) {
	identity := classicIdentity(t)
	header, body := seal(t, document(2*chunk), identity.Recipient())
	for name, cause := range failures {
		for call := range 2 {
			t.Run(fmt.Sprintf("%s/call %d", name, call), func(t *testing.T) {
				source := &bodySource{body: body}
				_, err := crypto.OpenRange(header, identity, 2*chunk, chunk+1, func(at int64) (io.ReadCloser, error) {
					if len(source.asked) == call {
						return nil, cause
					}
					return source.from(at)
				})
				checkFailure(t, cause, err)
				if source.open != 0 {
					t.Errorf("left %d open", source.open)
				}
			})
		}
		t.Run(name+"/reading", func(t *testing.T) {
			_, err := crypto.OpenRange(header, identity, 2*chunk, 5, func(int64) (io.ReadCloser, error) {
				return io.NopCloser(&breaking{data: body[:chunk], err: cause}), nil
			})
			checkFailure(t, cause, err)
		})
	}
}

func TestAClosedRangeReadsNothing(t *testing.T) {
	identity := classicIdentity(t)
	header, body := seal(t, document(3*chunk), identity.Recipient())
	source := &bodySource{body: body}
	plain, err := crypto.OpenRange(header, identity, 3*chunk, 10, source.from)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(plain, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(plain.Close(), plain.Close()); err != nil || source.open != 0 {
		t.Errorf("closing gave %v and left %d open", err, source.open)
	}
	if n, err := plain.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("reading on gave %d bytes, %v", n, err)
	}
}

func TestARangeWithTheWrongKeyIsRefused(t *testing.T) {
	header, body := seal(t, document(10), newIdentity(t).Recipient())
	source := &bodySource{body: body}
	if _, err := openRange(header, newIdentity(t), 10, 0, source); !errors.Is(err, crypto.ErrWrongKey) || len(source.asked) > 0 {
		t.Errorf("got %v, asked %v", err, source.asked)
	}
}

// A stream that has ended gave its buffers back once: the next two streams must not share
// them.
func TestEndedStreamsShareNothing(t *testing.T) {
	identity := classicIdentity(t)
	header, body := seal(t, document(2*chunk), identity.Recipient())
	if _, err := openRange(header, identity, 2*chunk, 0, &bodySource{body: body}); err != nil { // to its end, then closed
		t.Fatal(err)
	}
	var streams [2]io.ReadCloser
	for i := range streams {
		var err error
		if streams[i], err = crypto.OpenRange(header, identity, 2*chunk, int64(i*chunk), (&bodySource{body: body}).from); err != nil {
			t.Fatal(err)
		}
		defer streams[i].Close()
	}
	part := make([]byte, 1000)
	for i, stream := range streams {
		if _, err := io.ReadFull(stream, part); err != nil || !bytes.Equal(part, document(2 * chunk)[i*chunk:][:1000]) {
			t.Errorf("stream %d reads another's bytes, %v", i, err)
		}
	}
}
