package transfer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/mediatype"
	"github.com/bordereau/bordereau/policy"
)

// uploadReader is a document's plaintext on its way in. It counts and digests the bytes.
// It returns io.EOF only for a whole body: with the declared length and digest, within
// the class's limit, and ended by its sender. It returns an error for any other body, so
// that its reader stores nothing.
type uploadReader struct {
	body   io.Reader
	length int64         // -1 if not declared
	takes  policy.Upload // decides about the bytes
	digest []byte        // declared, or nil

	hash    hash.Hash
	count   int64
	failure error // why the body is not whole; a store may hide it behind an error of its own
	whole   bool
}

func newUploadReader(body io.Reader, length int64, takes policy.Upload, digest []byte) *uploadReader {
	return &uploadReader{body: body, length: length, takes: takes, digest: digest, hash: sha256.New()}
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
	case in.digest != nil && !bytes.Equal(in.digest, in.sum()):
		return &choke.Invalid{Kind: choke.InvalidDigestMismatch, Field: "Content-Digest", Detail: "the body does not have the declared digest"}
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
