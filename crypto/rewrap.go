package crypto

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"filippo.io/age"
)

// Rewrap gives a header for another recipient in place of a header that from opens. The
// file key and the body stay as they are: rotating a key rewrites headers of two
// kilobytes and moves no document. A person who kept the old header and its key can still
// open the body.
//
// age writes headers only together with new bodies, so this package writes this header
// itself. Before Rewrap returns, age has read the header back and verified its MAC.
// Errors are those of Open.
func Rewrap(header []byte, from *Identity, to *Recipient) ([]byte, error) {
	key, err := fileKey(header, from)
	if err != nil {
		return nil, err
	}
	stanzas, err := to.age.Wrap(key)
	if err != nil {
		return nil, fmt.Errorf("wrapping file key: %w", err)
	}
	written, err := writeHeader(key, stanzas)
	if err != nil {
		return nil, fmt.Errorf("writing header: %w", err)
	}
	if err := checkHeader(written); err != nil {
		return nil, fmt.Errorf("reading the header back: %w", err)
	}
	if _, err := age.DecryptHeader(written, age.NewInjectedFileKeyIdentity(key)); err != nil {
		return nil, fmt.Errorf("reading the header back: %w", err)
	}
	return written, nil
}

const headerIntro = "age-encryption.org/v1\n"

// writeHeader writes the header of https://c2sp.org/age#header: the stanzas, and a MAC
// over everything up to the MAC's own dashes.
func writeHeader(fileKey []byte, stanzas []*age.Stanza) ([]byte, error) {
	header := bytes.NewBufferString(headerIntro)
	for _, s := range stanzas {
		writeStanza(header, s)
	}
	header.WriteString("---")
	mac, err := headerMAC(fileKey, header.Bytes())
	if err != nil {
		return nil, err
	}
	header.WriteString(" " + base64.RawStdEncoding.EncodeToString(mac) + "\n")
	return header.Bytes(), nil
}

// writeStanza writes one of age's own stanzas. Its type and arguments contain no spaces.
func writeStanza(header *bytes.Buffer, s *age.Stanza) {
	header.WriteString("-> " + s.Type)
	for _, argument := range s.Args {
		header.WriteString(" " + argument)
	}
	header.WriteString("\n")
	writeWrapped(header, base64.RawStdEncoding.EncodeToString(s.Body))
}

// writeWrapped writes a stanza's body in lines of 64 columns. A shorter line ends the
// body; that line is empty where no other is shorter.
func writeWrapped(header *bytes.Buffer, text string) {
	const columns = 64
	for len(text) >= columns {
		header.WriteString(text[:columns] + "\n")
		text = text[columns:]
	}
	header.WriteString(text + "\n")
}

// headerMAC authenticates a header with the file key that it wraps,
// https://c2sp.org/age#header-mac.
func headerMAC(fileKey, header []byte) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, fileKey, nil, "header", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("deriving header key: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(header)
	return mac.Sum(nil), nil
}
