package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/bordereau/bordereau/gateway/choke"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// sealedBody is what opening a whole document needs.
type sealedBody struct {
	key      string // of the object
	header   []byte
	identity *crypto.Identity
	size     int64  // of the plaintext
	digest   []byte // of the plaintext
}

// verifyBody reads a whole body and says whether it is the document that was received. sealed gets the age file, header
// and body, and plain the plaintext, both while they are read: only when it returns nil are they the document. A body
// that is missing or is not it is ErrTampered; a writer that fails, ErrReceiver.
func (g *Gateway) verifyBody(ctx context.Context, b sealedBody, sealed, plain io.Writer) error {
	body, size, err := g.objects.Get(ctx, b.key, 0)
	if errors.Is(err, ErrObjectMissing) {
		return fmt.Errorf("%w: %w", ErrTampered, err)
	}
	if err != nil {
		return fmt.Errorf("reading object: %w", err)
	}
	defer body.Close()
	if size != crypto.SealedSize(b.size) {
		return fmt.Errorf("%w: the object has another size", ErrTampered)
	}
	sealed, plain = receiving{ctx, sealed}, receiving{ctx, plain}
	if _, err := sealed.Write(b.header); err != nil {
		return err
	}
	opened, err := crypto.Open(b.header, io.TeeReader(body, sealed), b.identity)
	if err != nil {
		return fmt.Errorf("opening document: %w", tampered(err))
	}
	return b.check(opened, plain)
}

// check reads plaintext to its end and compares it with what was received.
func (b sealedBody) check(opened io.Reader, plain io.Writer) error {
	digest := sha256.New()
	n, err := io.CopyBuffer(io.MultiWriter(plain, digest), struct{ io.Reader }{opened}, make([]byte, 4*chunk))
	switch {
	case errors.Is(err, choke.ErrReceiver):
		return err
	case err != nil:
		return fmt.Errorf("reading document: %w", tampered(err))
	case n != b.size || !bytes.Equal(digest.Sum(nil), b.digest):
		return fmt.Errorf("%w: the content is not what was received", ErrTampered)
	}
	return nil
}

// checkAge says whether an age file is the document: its header as the database has it, and a body that opens.
func (b sealedBody) checkAge(ctx context.Context, file io.Reader) error {
	header := make([]byte, len(b.header))
	if _, err := io.ReadFull(file, header); err != nil || !bytes.Equal(header, b.header) {
		return fmt.Errorf("%w: the file begins with another header", ErrTampered)
	}
	opened, err := crypto.Open(header, file, b.identity)
	if err != nil {
		return fmt.Errorf("opening document: %w", tampered(err))
	}
	return b.check(opened, receiving{ctx, io.Discard})
}

// receiving is a writer whose failures are told from those of what is read, and that fails when ctx has ended.
type receiving struct {
	ctx context.Context
	w   io.Writer
}

// Write implements io.Writer.
func (r receiving) Write(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.w.Write(p)
	if err != nil {
		err = fmt.Errorf("%w: %w", choke.ErrReceiver, err)
	}
	return n, err
}

// bodyOf reads what opening a document needs. sql.ErrNoRows means that the document is not there, or is erased.
func (g *Gateway) bodyOf(ctx context.Context, id DocumentID) (b sealedBody, err error) {
	err = g.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err := tx.Document(ctx, string(id))
		if err == nil {
			b, err = g.readBody(ctx, tx, row)
		}
		return err
	})
	return b, err
}

// readBody is bodyOf in a transaction.
func (g *Gateway) readBody(ctx context.Context, tx *database.Tx, row queries.Document) (sealedBody, error) {
	header, err := tx.DocumentHeader(ctx, row.ID)
	if err != nil {
		return sealedBody{}, err
	}
	identity, err := g.identity(ctx, tx, contractEpoch{ContractID(row.Contract), header.Epoch})
	if err != nil {
		return sealedBody{}, fmt.Errorf("opening contract identity: %w", err)
	}
	return sealedBody{key: row.ObjectKey, header: header.Header, identity: identity, size: row.Size, digest: row.Digest}, nil
}

// tampered folds what opening a bad body says into ErrTampered; a store that stopped in the middle stays what it is.
func tampered(err error) error {
	if errors.Is(err, crypto.ErrTampered) || errors.Is(err, crypto.ErrWrongKey) {
		return fmt.Errorf("%w: %v", ErrTampered, err)
	}
	return err
}

// chunk is what copy holds back. It is age's: more is never decrypted at once.
const chunk = 64 << 10
