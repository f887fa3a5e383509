package crypto_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/bordereau/bordereau/crypto"
)

var benchmarkSizes = []struct {
	name string
	size int
}{{"32KiB", 32 << 10}, {"1MiB", 1 << 20}, {"64MiB", 64 << 20}}

func BenchmarkSeal(b *testing.B) {
	to := newIdentity(b).Recipient()
	for _, s := range benchmarkSizes {
		plain := document(s.size)
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(s.size))
			b.ReportAllocs()
			for b.Loop() {
				_, body, err := crypto.Seal(bytes.NewReader(plain), to)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	identity := newIdentity(b)
	for _, s := range benchmarkSizes {
		header, body := seal(b, document(s.size), identity.Recipient())
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(s.size))
			b.ReportAllocs()
			for b.Loop() {
				plain, err := crypto.Open(header, bytes.NewReader(body), identity)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, plain); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
