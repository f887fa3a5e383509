package crypto_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"filippo.io/age"

	"github.com/bordereau/bordereau/crypto"
)

// chunk is the plaintext of one chunk of an age file.
const chunk = 64 << 10

// lengths are the lengths around each border: zero, the ends of chunks, and one byte
// beside.
var lengths = []int{0, 1, 100, chunk - 1, chunk, chunk + 1, 2*chunk - 1, 2 * chunk, 2*chunk + 1, 3*chunk + 77}

func newIdentity(t testing.TB) *crypto.Identity {
	t.Helper()
	identity, err := crypto.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// classicIdentity makes an X25519 identity, as older installations have.
func classicIdentity(t testing.TB) *crypto.Identity {
	t.Helper()
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	identity, err := crypto.ParseIdentity(classic.String())
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// stock is the same identity in age's own type.
func stock(t testing.TB, identity *crypto.Identity) age.Identity {
	t.Helper()
	identities, err := age.ParseIdentities(strings.NewReader(identity.Secret()))
	if err != nil {
		t.Fatal(err)
	}
	return identities[0]
}

// document gives n bytes, the same in every run. No two of its chunks are alike.
func document(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

func seal(t testing.TB, plain []byte, to *crypto.Recipient) (header, body []byte) {
	t.Helper()
	header, stream, err := crypto.Seal(bytes.NewReader(plain), to)
	if err != nil {
		t.Fatal(err)
	}
	body, err = io.ReadAll(stream)
	if err != nil {
		t.Fatal(err)
	}
	return header, body
}

// open gives the released bytes and the error that ended them, nil for a clean end.
func open(header []byte, body io.Reader, with *crypto.Identity) ([]byte, error) {
	plain, err := crypto.Open(header, body, with)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

func TestASealedDocumentOpens(t *testing.T) {
	for name, identity := range map[string]*crypto.Identity{"hybrid": newIdentity(t), "classic": classicIdentity(t)} {
		for _, n := range lengths {
			want := document(n)
			header, body := seal(t, want, identity.Recipient())
			for how, reader := range map[string]io.Reader{
				"whole":          bytes.NewReader(body),
				"in halves":      iotest.HalfReader(bytes.NewReader(body)),
				"end with bytes": iotest.DataErrReader(bytes.NewReader(body)),
			} {
				got, err := open(header, reader, identity)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s, %d bytes, %s: got %d bytes, %v", name, n, how, len(got), err)
				}
			}
		}
	}
}

// A sealed document has a standard format: age itself opens header and body, one after
// the other.
func TestStockAgeOpensHeaderAndBody(t *testing.T) {
	for name, identity := range map[string]*crypto.Identity{"hybrid": newIdentity(t), "classic": classicIdentity(t)} {
		for _, n := range lengths {
			want := document(n)
			header, body := seal(t, want, identity.Recipient())
			plain, err := age.Decrypt(bytes.NewReader(append(header, body...)), stock(t, identity))
			if err != nil {
				t.Fatalf("%s, %d bytes: %v", name, n, err)
			}
			if got, err := io.ReadAll(plain); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %d bytes: got %d bytes, %v", name, n, len(got), err)
			}
		}
	}
}

func TestSealSmallGivesAWholeAgeFile(t *testing.T) {
	identity := newIdentity(t)
	for _, n := range []int{0, 1, 200, 2 * chunk} {
		sealed, err := crypto.SealSmall(document(n), identity.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		got, err := crypto.OpenSmall(sealed, identity)
		if err != nil || !bytes.Equal(got, document(n)) {
			t.Errorf("%d bytes: got %d bytes, %v", n, len(got), err)
		}
	}
}

func TestTheSameDocumentIsNeverSealedTwiceAlike(t *testing.T) {
	identity := newIdentity(t)
	header1, body1 := seal(t, document(100), identity.Recipient())
	header2, body2 := seal(t, document(100), identity.Recipient())
	if bytes.Equal(header1, header2) || bytes.Equal(body1, body2) {
		t.Error("sealing twice gave the same bytes")
	}
}

// counter counts the bytes that are read through it.
type counter struct {
	io.Reader
	read int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

// Memory stays flat: neither side reads more than a chunk ahead of its reader, and Seal
// gives the header before it has read anything.
func TestStreamsReadAtMostAChunkAhead(t *testing.T) {
	const most = chunk + 1
	identity := newIdentity(t)
	plain := &counter{Reader: bytes.NewReader(document(40 * chunk))}
	header, body, err := crypto.Seal(plain, identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if plain.read != 0 {
		t.Fatalf("Seal read %d bytes before the header was given", plain.read)
	}
	sealed := &counter{Reader: body}
	opened, err := crypto.Open(header, sealed, identity)
	if err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1000)
	for got := 0; ; {
		n, err := opened.Read(buffer)
		got += n
		if ahead := plain.read - got; ahead > 2*most {
			t.Fatalf("at byte %d, %d bytes of the source are held", got, ahead)
		}
		if ahead := sealed.read - got; ahead > chunk+2000 {
			t.Fatalf("at byte %d, %d bytes of the body are held", got, ahead)
		}
		if errors.Is(err, io.EOF) {
			if got != 40*chunk {
				t.Fatalf("opened %d bytes", got)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
