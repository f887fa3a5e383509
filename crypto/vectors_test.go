package crypto_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	agetest "c2sp.org/CCTV/age"
	"filippo.io/age"

	"github.com/bordereau/bordereau/crypto"
)

// vector is one of the test vectors for every implementation of age,
// https://c2sp.org/CCTV/age.
type vector struct {
	name       string
	expect     string
	payload    string // SHA-256 of all released bytes, in hexadecimal
	identities []*crypto.Identity
	header     []byte // the whole file where age finds no header in it
	body       []byte
}

// vectors gives the vectors for native keys without armor.
func vectors(t testing.TB) []vector {
	t.Helper()
	entries, err := fs.ReadDir(agetest.Vectors, ".")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	for _, entry := range entries {
		text, err := fs.ReadFile(agetest.Vectors, entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		if v, ours := parseVector(t, entry.Name(), text); ours {
			all = append(all, v)
		}
	}
	return all
}

func parseVector(t testing.TB, name string, text []byte) (v vector, ours bool) {
	t.Helper()
	v.name = name
	about, file, _ := bytes.Cut(text, []byte("\n\n"))
	for line := range strings.SplitSeq(string(about), "\n") {
		switch key, value, _ := strings.Cut(line, ": "); key {
		case "expect":
			v.expect = value
		case "payload":
			v.payload = value
		case "identity":
			identity, err := crypto.ParseIdentity(value)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			v.identities = append(v.identities, identity)
		case "compressed":
			file = inflate(t, file)
		case "armored", "passphrase":
			return v, false
		}
	}
	v.header = file
	if header, err := age.ExtractHeader(bytes.NewReader(file)); err == nil {
		v.header, v.body = file[:len(header)], file[len(header):]
	}
	return v, len(v.identities) > 0
}

func inflate(t testing.TB, data []byte) []byte {
	t.Helper()
	reader, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// openWithAny opens a vector with the first of its keys that fits.
func openWithAny(v vector) (released []byte, err error) {
	for _, identity := range v.identities {
		released, err = open(v.header, bytes.NewReader(v.body), identity)
		if !errors.Is(err, crypto.ErrWrongKey) {
			break
		}
	}
	return released, err
}

func TestVectors(t *testing.T) {
	expected := map[string]error{
		"success":         nil,
		"no match":        crypto.ErrWrongKey,
		"header failure":  crypto.ErrTampered,
		"HMAC failure":    crypto.ErrTampered,
		"payload failure": crypto.ErrTampered,
	}
	seen := map[string]int{}
	for _, v := range vectors(t) {
		t.Run(v.name, func(t *testing.T) {
			want, known := expected[v.expect]
			if !known {
				t.Fatalf("unknown expectation %q", v.expect)
			}
			seen[v.expect]++
			released, err := openWithAny(v)
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			sum := sha256.Sum256(released)
			if v.payload != "" && hex.EncodeToString(sum[:]) != v.payload {
				t.Errorf("released %d bytes that are not the expected ones", len(released))
			}
		})
	}
	for expect := range expected {
		if seen[expect] == 0 {
			t.Errorf("no vector expects %q: are they all read?", expect)
		}
	}
}

// A range from offset 0 gives the same bytes as Open, for every vector whose size is
// known.
func TestVectorsByRange(t *testing.T) {
	for _, v := range vectors(t) {
		size, err := crypto.OpenedSize(int64(len(v.body)))
		if err != nil {
			continue // no body has such a size
		}
		t.Run(v.name, func(t *testing.T) {
			for _, identity := range v.identities {
				want, wantErr := open(v.header, bytes.NewReader(v.body), identity)
				got, gotErr := openRange(v.header, identity, size, 0, &bodySource{body: v.body})
				if (gotErr == nil) != (wantErr == nil) || !bytes.HasPrefix(want, got) || gotErr == nil && !bytes.Equal(got, want) {
					t.Errorf("got %d bytes, %v; Open gives %d bytes, %v", len(got), gotErr, len(want), wantErr)
				}
			}
		})
	}
}
