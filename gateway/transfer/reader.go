package transfer

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/mediatype"
	"github.com/bordereau/bordereau/policy"
)

// Digest is a digest that the sender announced and the bytes must have.
type Digest struct {
	Field     string // the header or trailer that announced it
	Algorithm string // DigestSHA256, or a key of otherDigests
	Sum       []byte
}

// DigestSHA256 is the digest that every document gets, announced or not.
const DigestSHA256 = "sha-256"

// otherDigests are computed only where they were announced.
var otherDigests = map[string]func() hash.Hash{"sha-512": sha512.New, "md5": md5.New}

// uploadReader is a document's plaintext on its way in. It counts and digests the bytes.
// It returns io.EOF only for a whole body: with the declared length and digest, within
// the class's limit, and ended by its sender. It returns an error for any other body, so
// that its reader stores nothing.
type uploadReader struct {
	body    io.Reader
	length  int64         // -1 if not declared
	takes   policy.Upload // decides about the bytes
	digests []Digest      // announced before the body
	trailer func() ([]Digest, error)

	hash    hash.Hash            // SHA-256
	others  map[string]hash.Hash // by algorithm: those that were announced
	count   int64
	failure error // why the body is not whole; a store may hide it behind an error of its own
	whole   bool
}

func newUploadReader(body io.Reader, up *upload) *uploadReader {
	in := &uploadReader{body: body, length: up.Length, takes: up.takes, digests: up.Digests, trailer: up.Trailer, hash: sha256.New(),
		others: map[string]hash.Hash{}}
	for algorithm, make := range otherDigests {
		announced := slices.ContainsFunc(up.Digests, func(d Digest) bool { return d.Algorithm == algorithm })
		if announced || up.Trailing {
			in.others[algorithm] = make()
		}
	}
	return in
}

// Read implements io.Reader.
func (in *uploadReader) Read(p []byte) (int, error) {
	switch {
	case in.failure != nil:
		return 0, in.failure
	case in.whole:
		return 0, io.EOF
	}
	n, err := in.body.Read(p)
	in.hash.Write(p[:n])
	for _, h := range in.others {
		h.Write(p[:n])
	}
	in.count += int64(n)
	switch {
	case in.length >= 0 && in.count > in.length:
		in.failure = &choke.Invalid{Kind: choke.InvalidLengthMismatch, Field: "Content-Length", Detail: "the body is longer than declared"}
	case in.takes.Size(in.count) != policy.ReasonAllowed:
		in.failure = &choke.Denied{Reason: in.takes.Size(in.count)}
	case err == io.EOF:
		in.failure = in.end()
		in.whole = in.failure == nil
	case err != nil:
		in.failure = interrupted(err)
	}
	if in.failure != nil {
		return 0, in.failure // without the good bytes before it, so that they are not taken for a document
	}
	return n, err
}

// end checks a body that its sender has ended.
func (in *uploadReader) end() error {
	switch {
	case in.length >= 0 && in.count != in.length:
		return &choke.Invalid{Kind: choke.InvalidLengthMismatch, Field: "Content-Length", Detail: "the body is shorter than declared"}
	}
	if err := in.check(in.digests); err != nil {
		return err
	}
	if in.trailer == nil {
		return nil
	}
	late, err := in.trailer()
	if err != nil {
		return err
	}
	return in.check(late)
}

// check compares the body with announced digests, each of them.
func (in *uploadReader) check(announced []Digest) error {
	for _, d := range announced {
		hash, ok := in.others[d.Algorithm]
		if d.Algorithm == DigestSHA256 {
			hash, ok = in.hash, true
		}
		if !ok {
			return &choke.Invalid{Kind: choke.InvalidDigest, Field: d.Field,
				Detail: "a digest behind the body, other than sha-256, is checked only if the header Trailer announces it"}
		}
		if !bytes.Equal(d.Sum, hash.Sum(nil)) {
			return &choke.Invalid{Kind: choke.InvalidDigestMismatch, Field: d.Field, Detail: "the body does not have the announced digest"}
		}
	}
	return nil
}

// interrupted returns the failure of a body that stopped in the middle. When a client
// vanishes, net/http returns io.ErrUnexpectedEOF. More than one library takes that for an
// ordinary end, so it never leaves this function.
func interrupted(err error) error {
	var invalid *choke.Invalid
	if errors.As(err, &invalid) {
		return invalid // the transport knows the reason
	}
	return &choke.Invalid{Kind: choke.InvalidBody, Detail: fmt.Sprintf("the body was interrupted (%T)", err)}
}

func (in *uploadReader) sum() []byte { return in.hash.Sum(nil) }

// checkType looks at the first bytes and asks whether the class takes content of that
// form. It returns the whole body.
func (in *uploadReader) checkType(declared string) (io.Reader, error) {
	head := make([]byte, mediatype.Head)
	n, err := io.ReadFull(in, head)
	if err != nil && in.failure != nil {
		return nil, in.failure
	}
	head = head[:n]
	found := mediatype.Recognise(head)
	content := policy.Content{Declared: declared, Fits: found.Fits(declared), Executable: found.Executable()}
	if reason := in.takes.Content(content); reason != policy.ReasonAllowed {
		return nil, &choke.Denied{Reason: reason, Detail: fmt.Sprintf("%v The declared type %s %s.", found, declared, mediatype.Explain(declared)),
			Allowed: in.takes.MediaTypes()}
	}
	return io.MultiReader(bytes.NewReader(head), in), nil
}
