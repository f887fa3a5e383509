package crypto_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/bordereau/bordereau/crypto"
)

var benchmarkSizes = []struct {
	name string
	size int64
}{{"32KiB", 32 << 10}, {"1MiB", 1 << 20}, {"1GiB", 1 << 30}}

// endless gives any number of bytes without holding them.
type endless struct{ pattern []byte }

func (e endless) Read(p []byte) (int, error) { return copy(p, e.pattern), nil }

var pattern = document(1 << 20)

func benchmarkDocument(size int64) io.Reader { return io.LimitReader(endless{pattern}, size) }

// drain reads as a download does, a chunk at a time.
func drain(b *testing.B, r io.Reader, part []byte) {
	for {
		switch _, err := io.ReadFull(r, part); err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return
		default:
			b.Fatal(err)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	to := newIdentity(b).Recipient()
	part := make([]byte, chunk)
	for _, s := range benchmarkSizes {
		if s.size == 1<<30 && testing.Short() {
			continue
		}
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(s.size)
			b.ReportAllocs()
			for b.Loop() {
				_, body, err := crypto.Seal(benchmarkDocument(s.size), to)
				if err != nil {
					b.Fatal(err)
				}
				drain(b, body, part)
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	identity := newIdentity(b)
	part := make([]byte, chunk)
	for _, s := range benchmarkSizes {
		if s.size == 1<<30 && testing.Short() {
			continue
		}
		b.Run(s.name, func(b *testing.B) {
			header, body := sealedFile(b, s.size, identity.Recipient())
			b.SetBytes(s.size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := body.Seek(0, io.SeekStart); err != nil {
					b.Fatal(err)
				}
				plain, err := crypto.Open(header, body, identity)
				if err != nil {
					b.Fatal(err)
				}
				drain(b, plain, part)
			}
		})
	}
}

// sealedFile seals into a file, because a gibibyte does not belong in a test's memory.
func sealedFile(b *testing.B, size int64, to *crypto.Recipient) (header []byte, body *os.File) {
	header, sealed, err := crypto.Seal(benchmarkDocument(size), to)
	if err != nil {
		b.Fatal(err)
	}
	body, err = os.Create(filepath.Join(b.TempDir(), "body"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { body.Close() })
	if _, err := io.Copy(body, sealed); err != nil {
		b.Fatal(err)
	}
	return header, body
}

// The costs of a document that do not depend on its size: wrapping its key, opening it,
// and wrapping it for another recipient.
func BenchmarkDocument(b *testing.B) {
	from, to := newIdentity(b), newIdentity(b)
	header, body := seal(b, nil, from.Recipient())
	for name, f := range map[string]func() error{
		"seal":   func() error { _, _, err := crypto.Seal(bytes.NewReader(nil), to.Recipient()); return err },
		"open":   func() error { _, err := crypto.Open(header, bytes.NewReader(body), from); return err },
		"rewrap": func() error { _, err := crypto.Rewrap(header, from, to.Recipient()); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
