package crypto_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/bordereau/bordereau/crypto"
)

// checkRefused wants this one error, and no released bytes but a beginning of the
// document.
func checkRefused(t *testing.T, header, body []byte, with *crypto.Identity, document []byte, want error) {
	t.Helper()
	got, err := open(header, bytes.NewReader(body), with)
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v can be taken for an end", err)
	}
	if !bytes.HasPrefix(document, got) {
		t.Error("released bytes that are not the document's")
	}
}

func TestATamperedBodyDoesNotOpen(t *testing.T) {
	identity := newIdentity(t)
	plain := document(3*chunk + 100)
	header, body := seal(t, plain, identity.Recipient())
	_, otherBody := seal(t, plain, identity.Recipient())

	const sealedChunk = chunk + 16
	nonce, c1, c2, c3, c4 := body[:16], body[16:16+sealedChunk], body[16+sealedChunk:16+2*sealedChunk],
		body[16+2*sealedChunk:16+3*sealedChunk], body[16+3*sealedChunk:]
	flipped := func(at int) []byte {
		changed := slices.Clone(body)
		changed[at] ^= 0x80
		return changed
	}
	for name, changed := range map[string][]byte{
		"empty":                       {},
		"half a nonce":                nonce[:8],
		"nonce alone":                 nonce,
		"nonce changed":               flipped(3),
		"first byte changed":          flipped(16),
		"middle byte changed":         flipped(len(body) / 2),
		"tag changed":                 flipped(16 + chunk + 1),
		"last byte changed":           flipped(len(body) - 1),
		"last byte lost":              body[:len(body)-1],
		"last chunk lost":             body[:len(body)-len(c4)],
		"last chunk cut to a tag":     body[:len(body)-len(c4)+16],
		"cut within a chunk":          body[:16+sealedChunk+1000],
		"cut after the first chunk":   body[:16+sealedChunk],
		"a byte too many":             append(slices.Clone(body), 0),
		"a chunk too many":            slices.Concat(body, c1),
		"the last chunk twice":        slices.Concat(body, c4),
		"the document twice":          slices.Concat(body, body),
		"first chunk lost":            slices.Concat(nonce, c2, c3, c4),
		"middle chunk lost":           slices.Concat(nonce, c1, c3, c4),
		"chunks exchanged":            slices.Concat(nonce, c2, c1, c3, c4),
		"a chunk repeated":            slices.Concat(nonce, c1, c1, c2, c3, c4),
		"last chunk in first place":   slices.Concat(nonce, c4),
		"body of another document":    otherBody,
		"chunk of another document":   slices.Concat(nonce, c1, otherBody[16+sealedChunk:16+2*sealedChunk], c3, c4),
		"nonce of another document":   slices.Concat(otherBody[:16], body[16:]),
		"zeros":                       make([]byte, len(body)),
		"header in place of the body": header,
	} {
		t.Run(name, func(t *testing.T) {
			checkRefused(t, header, changed, identity, plain, crypto.ErrTampered)
		})
	}
}

// A full last chunk must not pass as one before others, and the other way round.
func TestATamperedBodyOfWholeChunksDoesNotOpen(t *testing.T) {
	identity := newIdentity(t)
	plain := document(2 * chunk)
	header, body := seal(t, plain, identity.Recipient())
	checkRefused(t, header, body[:16+chunk+16], identity, plain, crypto.ErrTampered)
	checkRefused(t, header, append(slices.Clone(body), 1), identity, plain, crypto.ErrTampered)
	checkRefused(t, header, append(slices.Clone(body), body[16:]...), identity, plain, crypto.ErrTampered)
}

func TestEveryBitOfTheBodyCounts(t *testing.T) {
	identity := classicIdentity(t)
	plain := document(40)
	header, body := seal(t, plain, identity.Recipient())
	for bit := range len(body) * 8 {
		changed := slices.Clone(body)
		changed[bit/8] ^= 1 << (bit % 8)
		checkRefused(t, header, changed, identity, plain, crypto.ErrTampered)
	}
}

func TestEveryByteOfTheHeaderCounts(t *testing.T) {
	for name, identity := range map[string]*crypto.Identity{"hybrid": newIdentity(t), "classic": classicIdentity(t)} {
		plain := document(40)
		header, body := seal(t, plain, identity.Recipient())
		for at := range header {
			changed := slices.Clone(header)
			changed[at] ^= 1
			got, err := open(changed, bytes.NewReader(body), identity)
			// A header with a damaged wrapped key looks like one for another recipient.
			if !errors.Is(err, crypto.ErrTampered) && !errors.Is(err, crypto.ErrWrongKey) {
				t.Errorf("%s, byte %d: %v", name, at, err)
			}
			if len(got) > 0 {
				t.Errorf("%s, byte %d: released %d bytes", name, at, len(got))
			}
		}
	}
}

func TestATamperedHeaderDoesNotOpen(t *testing.T) {
	identity := newIdentity(t)
	plain := document(100)
	header, body := seal(t, plain, identity.Recipient())
	otherHeader, _ := seal(t, plain, identity.Recipient())
	mac := bytes.LastIndex(header, []byte("--- "))
	otherMAC := bytes.LastIndex(otherHeader, []byte("--- "))
	whole := slices.Concat(header, body)

	for name, parts := range map[string]struct{ header, body []byte }{
		"empty":                          {nil, body},
		"body in its place":              {body, header},
		"header of another":              {otherHeader, body},
		"MAC of another":                 {slices.Concat(header[:mac], otherHeader[otherMAC:]), body},
		"no MAC":                         {header[:mac], body},
		"without its end":                {header[:len(header)-1], body},
		"with the beginning of the body": {whole[:len(header)+16], whole[len(header)+16:]},
		"with its end in the body":       {whole[:len(header)-20], whole[len(header)-20:]},
		"whole file in its place":        {whole, nil},
		"a line too many":                {slices.Concat(header, []byte("--- \n")), body},
		"other line ends":                {bytes.ReplaceAll(header, []byte("\n"), []byte("\r\n")), body},
		"another version":                {bytes.Replace(header, []byte("/v1"), []byte("/v2"), 1), body},
		"a recipient too many":           {slices.Concat(header[:mac], []byte("-> X25519 abc\n\n"), header[mac:]), body},
		"armored":                        {[]byte("-----BEGIN AGE ENCRYPTED FILE-----\n"), body},
	} {
		t.Run(name, func(t *testing.T) {
			checkRefused(t, parts.header, parts.body, identity, plain, crypto.ErrTampered)
		})
	}
}

func TestTheWrongKeyIsNotTampering(t *testing.T) {
	hybrid, classic := newIdentity(t), classicIdentity(t)
	for name, pair := range map[string]struct{ to, with *crypto.Identity }{
		"another hybrid":     {hybrid, newIdentity(t)},
		"another classic":    {classic, classicIdentity(t)},
		"classic for hybrid": {hybrid, classic},
		"hybrid for classic": {classic, hybrid},
	} {
		t.Run(name, func(t *testing.T) {
			header, body := seal(t, document(100), pair.to.Recipient())
			_, err := open(header, bytes.NewReader(body), pair.with)
			if !errors.Is(err, crypto.ErrWrongKey) || errors.Is(err, crypto.ErrTampered) {
				t.Errorf("got %v, want %v alone", err, crypto.ErrWrongKey)
			}
		})
	}
}

func TestOpenSmallIsAllOrNothing(t *testing.T) {
	identity := newIdentity(t)
	sealed, err := crypto.SealSmall(document(2*chunk), identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	for name, changed := range map[string][]byte{
		"empty":             nil,
		"no age file":       []byte("hello"),
		"last byte lost":    sealed[:len(sealed)-1],
		"last chunk lost":   sealed[:len(sealed)-chunk],
		"header alone":      sealed[:2000],
		"one byte too many": append(slices.Clone(sealed), 0),
	} {
		got, err := crypto.OpenSmall(changed, identity)
		if !errors.Is(err, crypto.ErrTampered) || got != nil {
			t.Errorf("%s: got %d bytes, %v", name, len(got), err)
		}
	}
	if _, err := crypto.OpenSmall(sealed, newIdentity(t)); !errors.Is(err, crypto.ErrWrongKey) {
		t.Errorf("other key: got %v, want %v", err, crypto.ErrWrongKey)
	}
}
