package keys

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// SealedBody is what opening a whole document needs.
type SealedBody struct {
	key      string // of the object
	header   []byte
	identity *crypto.Identity
	size     int64  // of the plaintext
	digest   []byte // of the plaintext
}

// VerifyBody reads a whole body and checks that it is the document that was received.
// While it reads, it writes the age file with header and body to sealed, and the
// plaintext to plain. These bytes are the document only if it returns nil. It returns
// ErrTampered if the body is missing or is another, and ErrReceiver if a writer fails.
func (kp *Keeper) VerifyBody(ctx context.Context, b SealedBody, sealed, plain io.Writer) error {
	body, size, err := kp.objects.Get(ctx, b.key, 0)
	if errors.Is(err, choke.ErrObjectMissing) {
		return fmt.Errorf("%w: %w", choke.ErrTampered, err)
	}
	if err != nil {
		return fmt.Errorf("reading object: %w", err)
	}
	defer body.Close()
	if size != crypto.SealedSize(b.size) {
		return fmt.Errorf("%w: the object has another size", choke.ErrTampered)
	}
	sealed, plain = receiving{ctx, sealed}, receiving{ctx, plain}
	if _, err := sealed.Write(b.header); err != nil {
		return err
	}
	opened, err := crypto.Open(b.header, io.TeeReader(body, sealed), b.identity)
	if err != nil {
		return fmt.Errorf("opening document: %w", Tampered(err))
	}
	return b.Check(opened, plain)
}

// Check reads plaintext to its end and compares it with what was received.
func (b SealedBody) Check(opened io.Reader, plain io.Writer) error {
	digest := sha256.New()
	n, err := io.CopyBuffer(io.MultiWriter(plain, digest), struct{ io.Reader }{opened}, make([]byte, 4*Chunk))
	switch {
	case errors.Is(err, choke.ErrReceiver):
		return err
	case err != nil:
		return fmt.Errorf("reading document: %w", Tampered(err))
	case n != b.size || !bytes.Equal(digest.Sum(nil), b.digest):
		return fmt.Errorf("%w: the content is not what was received", choke.ErrTampered)
	}
	return nil
}

// CheckAge checks that an age file is the document: it has the header that the database
// has, and a body that opens.
func (b SealedBody) CheckAge(ctx context.Context, file io.Reader) error {
	header := make([]byte, len(b.header))
	if _, err := io.ReadFull(file, header); err != nil || !bytes.Equal(header, b.header) {
		return fmt.Errorf("%w: the file begins with another header", choke.ErrTampered)
	}
	opened, err := crypto.Open(header, file, b.identity)
	if err != nil {
		return fmt.Errorf("opening document: %w", Tampered(err))
	}
	return b.Check(opened, receiving{ctx, io.Discard})
}

// receiving is a writer that marks its own failures, so that they differ from failures of
// the source. It fails when ctx has ended.
type receiving struct {
	ctx context.Context
	w   io.Writer
}

// NewReceiving returns a writer to w whose failures are choke.ErrReceiver.
func NewReceiving(ctx context.Context, w io.Writer) io.Writer { return receiving{ctx, w} }

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

// BodyOf reads what opening a document needs. sql.ErrNoRows means that the document does
// not exist or is erased.
func (kp *Keeper) BodyOf(ctx context.Context, id choke.DocumentID) (b SealedBody, err error) {
	err = kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err := tx.Document(ctx, id)
		if err == nil {
			b, err = kp.ReadBody(ctx, tx, row)
		}
		return err
	})
	return b, err
}

// ReadBody is BodyOf in a transaction.
func (kp *Keeper) ReadBody(ctx context.Context, tx *database.Tx, row queries.Document) (SealedBody, error) {
	header, err := tx.DocumentHeader(ctx, row.ID)
	if err != nil {
		return SealedBody{}, err
	}
	identity, err := kp.Identity(ctx, tx, Epoch{row.Contract, header.Epoch})
	if err != nil {
		return SealedBody{}, fmt.Errorf("opening contract identity: %w", err)
	}
	return SealedBody{key: row.ObjectKey, header: header.Header, identity: identity, size: row.Size, digest: row.Digest}, nil
}

// Tampered turns the errors of opening a bad body into ErrTampered. It keeps the error of
// a store that stopped in the middle.
func Tampered(err error) error {
	if errors.Is(err, crypto.ErrTampered) || errors.Is(err, crypto.ErrWrongKey) {
		return fmt.Errorf("%w: %v", choke.ErrTampered, err)
	}
	return err
}

// Chunk is how much a download holds back. It is the size of age's chunks, which are
// decrypted one at a time.
const Chunk = 64 << 10
