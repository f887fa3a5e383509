package crypto_test

import (
	"bytes"
	"io"
	"slices"
	"testing"

	"filippo.io/age"

	"github.com/bordereau/bordereau/crypto"
)

// FuzzOpenAsAgeDoes compares our reader of bodies with age's: for every body, both
// release the same bytes, and both end cleanly or neither does. The body is a sealed one,
// cut at its end, with a bit changed, or extended; step is the length of each read.
func FuzzOpenAsAgeDoes(f *testing.F) {
	identity := classicIdentity(f)
	theirs := stock(f, identity)
	var headers, bodies [][]byte
	for i, n := range lengths {
		header, body := seal(f, document(n), identity.Recipient())
		headers, bodies = append(headers, header), append(bodies, body)
		f.Add([]byte(nil), uint(i), uint(0), uint(0), uint(1000))
		f.Add([]byte("more"), uint(i), uint(0), uint(0), uint(chunk))
		f.Add(body[16:], uint(i), uint(0), uint(0), uint(chunk))
		f.Add([]byte(nil), uint(i), uint(1), uint(0), uint(chunk+1))
		f.Add([]byte(nil), uint(i), uint(chunk+16), uint(0), uint(3*chunk))
		f.Add([]byte(nil), uint(i), uint(chunk/2), uint(4*chunk), uint(chunk-1))
	}
	f.Fuzz(func(t *testing.T, added []byte, which, cut, bit, step uint) {
		header, body := headers[which%uint(len(headers))], slices.Clone(bodies[which%uint(len(bodies))])
		body = body[:uint(len(body))-min(uint(len(body)), cut)]
		if bit > 0 && len(body) > 0 {
			body[bit/8%uint(len(body))] ^= 1 << (bit % 8)
		}
		body = append(body, added...)

		stream, err := age.Decrypt(bytes.NewReader(slices.Concat(header, body)), theirs)
		want, wantErr := drained(stream, err, chunk)
		stream, err = crypto.Open(header, bytes.NewReader(body), identity)
		got, gotErr := drained(stream, err, int(step%(3*chunk))+1)
		if !bytes.Equal(got, want) || (gotErr == nil) != (wantErr == nil) {
			t.Errorf("we released %d bytes, %v; age %d bytes, %v", len(got), gotErr, len(want), wantErr)
		}
	})
}

// drained reads a stream to its end, step bytes at a time, and gives the released bytes.
// failure is the error of opening the stream.
func drained(stream io.Reader, failure error, step int) (released []byte, err error) {
	if failure != nil {
		return nil, failure
	}
	part := make([]byte, step)
	for {
		n, err := stream.Read(part)
		released = append(released, part[:n]...)
		switch err {
		case nil:
		case io.EOF:
			return released, nil
		default:
			return released, err
		}
	}
}
