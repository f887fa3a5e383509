package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/keys"
)

// Part is a run of bytes of a document's plaintext.
type Part struct {
	Offset int64
	Length int64
}

// Choice says which part of a document is wanted, once the read is decided. Its *Invalid
// is recorded as a refusal, and nothing is reserved. It may be called more than once.
type Choice func(choke.Document) (Part, error)

func whole(d choke.Document) (Part, error) { return Part{Length: d.Size}, nil }

// OpenPart is Open for a part of a document, with the same decision and the same two
// events. The ceilings count the document once a day, and the bytes of each part. The
// grant's Length is the document's. The erasable data of the events say which
// part it was, as "range".
//
// A document of up to Config.VerifyWhole is verified whole here too. Of a larger
// document, only the chunks of the part are read. Each of them has proven to be authentic
// and in its place before one of its bytes leaves.
func (t *Transfers) OpenPart(ctx context.Context, caller choke.Caller, id choke.DocumentID, choose Choice) (*Content, error) {
	c, err := t.grantRead(ctx, caller, id, choose)
	if err != nil {
		return nil, err
	}
	if err := c.open(ctx); err != nil {
		c.end(ctx, err)
		return nil, choke.Unavailable(err)
	}
	return c, nil
}

// Head returns what a download would say about a document, without a byte of it. It is a
// read like any other, with the same decision and the same two events, of 0 bytes. The
// ceilings count what was read, and so count nothing.
func (t *Transfers) Head(ctx context.Context, caller choke.Caller, id choke.DocumentID) (choke.Document, error) {
	c, err := t.grantRead(ctx, caller, id, nil)
	if err != nil {
		return choke.Document{}, err
	}
	c.end(ctx, nil)
	return c.Document, nil
}

// choose asks which part is wanted.
func (c *Content) choose(s *choke.Scene, choose Choice) (err error) {
	if c.Part, err = choose(c.Document); err != nil {
		return err
	}
	size := c.Document.Size
	if c.Part.Offset < 0 || c.Part.Length < 0 || c.Part.Offset > size || c.Part.Length > size-c.Part.Offset {
		return &choke.Invalid{Kind: choke.InvalidRange, Field: "Range", Detail: "the document has no such bytes"}
	}
	if !c.isWhole() {
		s.Event().Private["range"] = fmt.Sprintf("%d+%d/%d", c.Part.Offset, c.Part.Length, size)
	}
	return nil
}

func (c *Content) isWhole() bool { return c.Part == Part{Length: c.Document.Size} }

// openPart opens a large document at the part's offset. If the part ends with the
// document, it reads the body to its own end, so that it notices a body that goes on.
func (c *Content) openPart(ctx context.Context) error {
	plain, err := crypto.OpenRange(c.header, c.identity, c.Document.Size, c.Part.Offset, func(offset int64) (io.ReadCloser, error) {
		body, size, err := c.transfers.objects.Get(ctx, c.key, offset)
		if errors.Is(err, choke.ErrObjectMissing) {
			return nil, fmt.Errorf("%w: the object is missing", choke.ErrTampered)
		}
		if err == nil && size != crypto.SealedSize(c.Document.Size) {
			return nil, errors.Join(fmt.Errorf("%w: the object has another size", choke.ErrTampered), body.Close())
		}
		return body, err
	})
	if err != nil {
		return fmt.Errorf("opening document: %w", keys.Tampered(err))
	}
	c.body, c.plain = plain, plain
	if c.Part.Offset+c.Part.Length < c.Document.Size {
		c.plain = io.LimitReader(plain, c.Part.Length)
	}
	return nil
}
