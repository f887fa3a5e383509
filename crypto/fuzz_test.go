package crypto_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"github.com/bordereau/bordereau/crypto"
)

// FuzzOpen asserts that header and body are not malleable: a pair that opens to the end
// is, byte for byte, one of the sealed pairs; every other pair is ErrTampered or
// ErrWrongKey.
func FuzzOpen(f *testing.F) {
	sealed := map[[32]byte]bool{}
	var identities []*crypto.Identity
	for _, v := range vectors(f) {
		if len(v.header)+len(v.body) > 100<<10 {
			continue // slow to mutate, and the short ones have the same shapes
		}
		f.Add(v.header, v.body)
		// A document for another key is sealed correctly; that key may be another
		// vector's.
		sealed[pairSum(v.header, v.body)] = v.expect == "success" || v.expect == "no match"
		identities = append(identities, v.identities...)
	}
	identities = distinct(identities)
	f.Fuzz(func(t *testing.T, header, body []byte) {
		for _, identity := range identities {
			_, err := open(header, bytes.NewReader(body), identity)
			switch {
			case err == nil && !sealed[pairSum(header, body)]:
				t.Errorf("opened what was never sealed:\n%q\n%x", header, body)
			case err != nil && !errors.Is(err, crypto.ErrTampered) && !errors.Is(err, crypto.ErrWrongKey):
				t.Errorf("neither tampered nor the wrong key: %v", err)
			}
		}
	})
}

// pairSum identifies a pair, including the place of the cut between header and body.
func pairSum(header, body []byte) [32]byte {
	h, b := sha256.Sum256(header), sha256.Sum256(body)
	return sha256.Sum256(slices.Concat(h[:], b[:]))
}

func distinct(identities []*crypto.Identity) []*crypto.Identity {
	slices.SortFunc(identities, func(a, b *crypto.Identity) int { return bytes.Compare([]byte(a.Secret()), []byte(b.Secret())) })
	return slices.CompactFunc(identities, func(a, b *crypto.Identity) bool { return a.Secret() == b.Secret() })
}

// FuzzEdit changes one place of a freshly sealed document: it replaces, removes and
// inserts bytes.
func FuzzEdit(f *testing.F) {
	identity := classicIdentity(f)
	plain := document(chunk + 500)
	header, body := seal(f, plain, identity.Recipient())
	whole := slices.Concat(header, body)
	f.Add(uint(len(header)), uint(0), []byte{0})
	f.Add(uint(len(whole)), uint(0), []byte("more"))
	f.Add(uint(len(whole)-1), uint(1), []byte{})
	f.Add(uint(len(header)+16), uint(chunk+16), []byte{})
	f.Add(uint(30), uint(5), []byte("X2551"))
	f.Fuzz(func(t *testing.T, at, out uint, in []byte) {
		at = min(at, uint(len(whole)))
		out = min(out, uint(len(whole))-at)
		changed := slices.Concat(whole[:at], in, whole[at+out:])
		if bytes.Equal(changed, whole) {
			return
		}
		cut := min(len(header), len(changed))
		released, err := open(changed[:cut], bytes.NewReader(changed[cut:]), identity)
		if err == nil {
			t.Errorf("opened with %d bytes at %d replaced by %q", out, at, in)
		}
		if !bytes.HasPrefix(plain, released) {
			t.Errorf("released other bytes with %d bytes at %d replaced by %q", out, at, in)
		}
	})
}
