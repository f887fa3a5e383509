package crypto

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// A Binding makes tags over what is written beside a document. Its key comes from the
// document's own file key. So only a party that can open the document, or has sealed it,
// can make a tag, and the tag of one document does not pass for that of another. A header
// that is rewrapped keeps its file key, and its tags.
type Binding struct{ key []byte }

func newBinding(fileKey []byte) (Binding, error) {
	key, err := hkdf.Key(sha256.New, fileKey, nil, "bordereau.example/binding/1", sha256.Size)
	if err != nil {
		return Binding{}, fmt.Errorf("deriving binding key: %w", err)
	}
	return Binding{key}, nil
}

// BindingOf gives the binding of a sealed document.
func BindingOf(header []byte, with *Identity) (Binding, error) {
	key, err := fileKey(header, with)
	if err != nil {
		return Binding{}, err
	}
	return newBinding(key)
}

// SealBound is Seal that gives the document's binding too.
func SealBound(plain io.Reader, to *Recipient) (header []byte, body io.Reader, b Binding, err error) {
	seen := &seeing{Recipient: to.age}
	if header, body, err = seal(plain, seen); err != nil {
		return nil, nil, Binding{}, err
	}
	if seen.fileKey == nil {
		return nil, nil, Binding{}, errors.New("sealing: age has wrapped no key")
	}
	b, err = newBinding(seen.fileKey)
	return header, body, b, err
}

// Tag is the tag over a text.
func (b Binding) Tag(text []byte) []byte {
	mac := hmac.New(sha256.New, b.key)
	mac.Write(text)
	return mac.Sum(nil)
}

// Check is ErrTampered unless the tag is that of the text.
func (b Binding) Check(text, tag []byte) error {
	if !hmac.Equal(b.Tag(text), tag) {
		return fmt.Errorf("%w: what is written beside the document is that of another", ErrTampered)
	}
	return nil
}

// seeing is a recipient that notes the file key that age wraps for it.
type seeing struct {
	age.Recipient
	fileKey []byte
}

// Wrap implements age.Recipient.
func (s *seeing) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	s.fileKey = bytes.Clone(fileKey)
	return s.Recipient.Wrap(fileKey)
}

// WrapWithLabels implements age.RecipientWithLabels.
func (s *seeing) WrapWithLabels(fileKey []byte) ([]*age.Stanza, []string, error) {
	s.fileKey = bytes.Clone(fileKey)
	if labelled, ok := s.Recipient.(age.RecipientWithLabels); ok {
		return labelled.WrapWithLabels(fileKey)
	}
	stanzas, err := s.Recipient.Wrap(fileKey)
	return stanzas, nil, err
}
