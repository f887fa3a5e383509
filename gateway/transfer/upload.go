package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/gateway/keys"
	"github.com/bordereau/bordereau/policy"
)

// NewDocument is what Upload needs besides the bytes.
type NewDocument struct {
	Batch     choke.BatchID
	Reference string // the client's own, unique in the batch
	Class     policy.Class
	MediaType string // lower case, without parameters
	Charset   string // of a text, as it was declared; empty for none
	FileName  string // any language; kept exactly, and erasable
	Length    int64  // plaintext bytes, -1 when not known
	Digests   []Digest

	// Trailer returns the digests that were announced behind the body. It is called when
	// the body has ended; nil means that there are none. Trailing says that some are to
	// come.
	Trailer  func() ([]Digest, error)
	Trailing bool

	// Refusal is a reason of the transport for which the body is no document. The upload
	// is then decided, refused with it and recorded.
	Refusal *choke.Invalid
}

func (n NewDocument) check() error {
	if err := policy.ParseReference(n.Reference); err != nil {
		return &choke.Invalid{Kind: choke.InvalidReference, Field: "reference", Detail: err.Error()}
	}
	if n.Length < -1 {
		return &choke.Invalid{Kind: choke.InvalidParameter, Field: "Content-Length", Detail: "the length must not be negative"}
	}
	if !isCharset(n.Charset) {
		return &choke.Invalid{Kind: choke.InvalidParameter, Field: "Content-Type", Detail: "the charset must be a name of at most 40 characters"}
	}
	return checkFileName(n.FileName)
}

// isCharset accepts the characters of the names in the IANA registry (RFC 2978, 2.3), and
// none at all.
func isCharset(s string) bool {
	letter := func(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' }
	return len(s) <= 40 && !strings.ContainsFunc(s, func(c rune) bool { return !letter(c) && !strings.ContainsRune("!#$%&'+-^_`{}~.:()", c) })
}

// checkFileName accepts a file name as people use it, in any language. The name is kept
// exactly as it was sent.
func checkFileName(s string) error {
	switch {
	case s == "" || len(s) > 1024:
		return &choke.Invalid{Kind: choke.InvalidParameter, Field: "Content-Disposition", Detail: "the file name must be 1 to 1024 bytes"}
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return &choke.Invalid{Kind: choke.InvalidParameter, Field: "Content-Disposition", Detail: "the file name must be UTF-8 without control characters"}
	}
	return nil
}

// upload is one document on its way in.
type upload struct {
	NewDocument
	caller choke.Caller
	id     choke.DocumentID
	key    string // of the object
	grant  event.Event
	ledger string

	takes policy.Upload // what the class accepts
	epoch int64
	to    *crypto.Recipient

	found   *queries.Document // that has the reference, received or on its way
	earlier *queries.Document // found, if it was received: to be compared with

	size    int64
	digest  []byte
	header  []byte
	binding []byte // of the row to header and body
}

// Upload receives one document. It returns when the document is sealed in the store, its
// row and its receipt are in the database, and the ledger has the event. After an error
// nothing was received. Only after ErrUnavailable the outcome is unknown, and repeating
// the upload tells. An upload that is repeated with the same reference and bytes returns
// the same receipt.
//
//  1. grantUpload commits the row `receiving`, with its object key, and the event. Die
//     from here on: the sweeper abandons the row, deletes the object and records it.
//  2. store checks the bytes as they pass, seals them, and puts them into the store under
//     a key that is used once.
//  3. receive changes `receiving` to `received`, if the row still is `receiving`. Die
//     before its commit: as in 1. Die after it: the client repeats and gets the receipt.
func (t *Transfers) Upload(ctx context.Context, caller choke.Caller, n NewDocument, body io.Reader) (choke.Document, choke.Receipt, error) {
	if err := n.check(); err != nil {
		return choke.Document{}, choke.Receipt{}, err
	}
	up, err := t.grantUpload(ctx, caller, n)
	if err != nil {
		return choke.Document{}, choke.Receipt{}, err
	}
	if up.earlier != nil {
		return t.repeatUpload(ctx, up, body)
	}
	if err := t.store(ctx, up, body); err != nil {
		t.abandonUpload(ctx, up, err)
		return choke.Document{}, choke.Receipt{}, err
	}
	d, r, err := t.receive(ctx, up)
	t.endUnreceived(ctx, up, err)
	return d, r, err
}

// grantUpload decides whether the document may come in, and takes its reference.
func (t *Transfers) grantUpload(ctx context.Context, caller choke.Caller, n NewDocument) (*upload, error) {
	var up *upload
	s, err := t.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionDocumentReceive,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			up = &upload{NewDocument: n, caller: caller, id: choke.DocumentID(policy.NewID("d"))}
			if err := onIncoming(ctx, tx, s, up, event.PhaseGrant, n.Length); err != nil {
				return err
			}
			earlier, err := tx.DocumentByReference(ctx, queries.DocumentByReferenceParams{Batch: n.Batch, Reference: n.Reference})
			if err != nil {
				return choke.IgnoreNoRows(err)
			}
			up.found = &earlier
			s.Facts().Batch.Resent = earlier.State == policy.DocumentReceived
			return nil
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if n.Refusal != nil {
				return n.Refusal
			}
			return t.takeReference(ctx, tx, s, up)
		},
	})
	if err != nil {
		return nil, err
	}
	up.grant, up.ledger = *s.Event(), s.Ledger()
	up.takes = s.Terms().Upload(n.Class)
	return up, nil
}

// onIncoming makes an incoming document the object of the act.
func onIncoming(ctx context.Context, tx *database.Tx, s *choke.Scene, up *upload, phase event.Phase, size int64) error {
	if _, err := s.OnBatch(ctx, tx, up.Batch); err != nil {
		return err
	}
	s.Facts().Class, s.Facts().Incoming = up.Class, &policy.Incoming{MediaType: up.MediaType, Size: size}
	s.Event().Phase, s.Event().Document, s.Event().Grant = phase, string(up.id), up.grant.ID
	s.Event().Length = max(size, 0)
	if s.Terms() != nil && s.Terms().MaxBytes(up.Class) >= 0 {
		s.Event().Class = string(up.Class) // only a class that the contract has, because the ledger keeps no text of a caller
	}
	return nil
}

func (t *Transfers) takeReference(ctx context.Context, tx *database.Tx, s *choke.Scene, up *upload) error {
	switch {
	case up.found == nil:
	case up.found.State == policy.DocumentReceived:
		up.earlier = up.found
		s.Event().Document = string(up.earlier.ID)
		return nil
	default:
		if err := t.takeOver(ctx, tx, s, *up.found); err != nil {
			return err
		}
	}
	var err error
	if up.epoch, up.to, err = t.keys.Recipient(ctx, tx, s); err != nil {
		return err
	}
	up.key = objectKey()
	n, err := tx.InsertDocument(ctx, queries.InsertDocumentParams{ID: up.id, Batch: up.Batch,
		Contract: s.Contract(), Version: s.Version(), Reference: up.Reference, Class: up.Class,
		MediaType: up.MediaType, Charset: up.Charset, ObjectKey: up.key, Size: max(up.Length, 0), Digest: []byte{},
		SentBy: s.Caller().Person, Created: queries.At(s.Now())})
	if err != nil {
		return fmt.Errorf("inserting document: %w", err)
	}
	if n == 0 {
		return errUploading // another request has just taken the reference
	}
	return nil
}

var errUploading = &choke.Conflict{Kind: choke.ConflictUploadInProgress, Detail: "the reference is being uploaded by another request"}

// takeOver abandons an idle upload, so that the client's retry need not wait for the
// sweeper.
func (t *Transfers) takeOver(ctx context.Context, tx *database.Tx, s *choke.Scene, earlier queries.Document) error {
	n, err := tx.AbandonIdleDocument(ctx, queries.AbandonIdleDocumentParams{ID: earlier.ID,
		IdleSince: queries.At(s.Now().Add(-t.limits.TakeOver))})
	if err != nil {
		return fmt.Errorf("abandoning idle upload: %w", err)
	}
	if n == 0 {
		return errUploading
	}
	e := abandoned(earlier, s.Now(), "taken-over")
	e.Actor, e.Organisation, e.Auth, e.Request = s.Event().Actor, s.Event().Organisation, s.Event().Auth, s.Event().Request
	s.Also(e)
	return nil
}

// objectKey makes the random name of an object, in one of 1024 folders.
func objectKey() string {
	id := strings.TrimPrefix(policy.NewID("x"), "x_")
	return "d/" + id[:2] + "/" + id
}

// store checks and seals the body and puts it into the store. If the body fails a check,
// even at its last byte, no object is stored.
func (t *Transfers) store(ctx context.Context, up *upload, body io.Reader) error {
	ctx, stop := t.keepTouching(ctx, up.id)
	defer stop()
	in := newUploadReader(body, up)
	plain, err := in.checkType(up.MediaType)
	if err != nil {
		return up.refused(err)
	}
	header, sealed, binding, err := crypto.SealBound(plain, up.to)
	if err != nil {
		return up.refused(errors.Join(in.failure, err))
	}
	size := int64(-1)
	if up.Length >= 0 {
		size = crypto.SealedSize(up.Length)
	}
	if err := t.objects.Put(ctx, up.key, sealed, size); err != nil {
		switch {
		case errors.Is(context.Cause(ctx), errAbandoned):
			return errAbandoned
		case in.failure != nil:
			return up.refused(in.failure)
		case errors.Is(err, choke.ErrObjectTooLong):
			return &choke.Invalid{Kind: choke.InvalidLengthRequired, Field: "Content-Length",
				Detail: "the document is too large to be sent without it"}
		}
		return fmt.Errorf("storing document: %w", err)
	}
	up.size, up.digest, up.header = in.count, in.sum(), header
	up.binding = binding.Tag(bound(up.id, up.key, up.size, up.digest))
	return nil
}

// bound is what a document's binding is made over: its row as it was received. An
// attacker who exchanges headers, bodies, sizes and digests of two rows has no key to
// make it again.
func bound(id choke.DocumentID, objectKey string, size int64, digest []byte) []byte {
	return fmt.Appendf(nil, "%s\n%s\n%d\n%x", id, objectKey, size, digest)
}

// refused adds to a denial of the bytes what the grant knows: contract, version and
// clause.
func (up *upload) refused(err error) error {
	var denied *choke.Denied
	if errors.As(err, &denied) {
		full := *denied
		full.Contract, full.Version, full.Clause = choke.ContractID(up.grant.Contract), up.grant.Version, up.grant.Clause
		return &full
	}
	var invalid *choke.Invalid
	if errors.As(err, &invalid) {
		return invalid
	}
	return err
}

var errAbandoned = &choke.Conflict{Kind: choke.ConflictUploadAbandoned, Detail: "the upload was abandoned before it was acknowledged; send it again"}

// keepTouching keeps recording that the upload still runs. It stops the upload if it was
// abandoned all the same.
func (t *Transfers) keepTouching(ctx context.Context, id choke.DocumentID) (touched context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(t.limits.TakeOver / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if alive, err := t.touch(ctx, id); err == nil && !alive {
					cancel(errAbandoned)
				}
			}
		}
	}()
	return ctx, func() { cancel(nil); <-done }
}

func (t *Transfers) touch(ctx context.Context, id choke.DocumentID) (alive bool, err error) {
	err = t.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error {
		n, err := tx.TouchDocument(ctx, queries.TouchDocumentParams{ID: id, Touched: queries.At(t.door.Now())})
		alive = n == 1
		return err
	})
	return alive, err
}

// receive acknowledges a stored document. It decides again, on the present facts and the
// actual size.
func (t *Transfers) receive(ctx context.Context, up *upload) (choke.Document, choke.Receipt, error) {
	var d choke.Document
	var r choke.Receipt
	_, err := t.door.Do(ctx, up.caller, choke.Act{
		Action: policy.ActionDocumentReceive,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			return onIncoming(ctx, tx, s, up, event.PhaseCompleted, up.size)
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			s.Event().Bytes = up.size
			s.Event().Private["sha256"] = choke.HexOf(up.digest)
			n, err := tx.ReceiveDocument(ctx, queries.ReceiveDocumentParams{ID: up.id, Size: up.size,
				Digest: up.digest, Received: queries.At(s.Now())})
			if err != nil {
				return fmt.Errorf("marking document received: %w", err)
			}
			if n == 0 {
				return errAbandoned
			}
			epoch, header, err := t.newestHeader(ctx, tx, s, up)
			if err != nil {
				return err
			}
			if err := tx.InsertDocumentHeader(ctx, queries.InsertDocumentHeaderParams{Document: up.id,
				Epoch: epoch, Header: header, FileName: up.FileName, Binding: up.binding}); err != nil {
				return fmt.Errorf("inserting document header: %w", err)
			}
			row := queries.Document{ID: up.id, Batch: up.Batch, Contract: s.Contract(), // as it is stored now
				Reference: up.Reference, Class: up.Class, MediaType: up.MediaType, Charset: up.Charset,
				State: policy.DocumentReceived, Size: up.size, Digest: up.digest, Received: queries.At(s.Now())}
			d = documentOf(row, up.FileName)
			r, err = t.acknowledge(ctx, tx, s, row)
			return err
		},
	})
	return d, r, err
}

// endUnreceived ends an upload that was refused at its end, or whose outcome is unknown.
func (t *Transfers) endUnreceived(ctx context.Context, up *upload, err error) {
	switch {
	case err == nil:
	case choke.IsRefusal(err):
		t.abandonUpload(ctx, up, err)
	default:
		t.door.Orphan(up.ledger, up.grant.ID)
	}
}

// repeatUpload compares a repeated upload with the received document, and returns the
// same answer again.
func (t *Transfers) repeatUpload(ctx context.Context, up *upload, body io.Reader) (choke.Document, choke.Receipt, error) {
	in := newUploadReader(body, up)
	if _, err := io.Copy(io.Discard, in); err != nil {
		err = up.refused(err)
		t.abandonUpload(ctx, up, err)
		return choke.Document{}, choke.Receipt{}, err
	}
	up.id = up.earlier.ID
	var d choke.Document
	var r choke.Receipt
	_, err := t.door.Do(ctx, up.caller, choke.Act{
		Action: policy.ActionDocumentReceive,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			err := onIncoming(ctx, tx, s, up, event.PhaseCompleted, in.count)
			if err == nil {
				s.Facts().Batch.Resent = true // the batch may be sealed meanwhile; the bytes are compared below
			}
			return err
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			if d, err = readDocument(ctx, tx, up.id); err != nil {
				return err
			}
			if d.State == policy.DocumentErased {
				return &choke.Conflict{Kind: choke.ConflictState, Detail: "the document that was received under this reference is erased"}
			}
			if !bytes.Equal(d.Digest, in.sum()) || d.Class != up.Class || d.MediaType != up.MediaType || d.Charset != up.Charset || d.FileName != up.FileName {
				return &choke.Conflict{Kind: choke.ConflictReferenceTaken, Detail: "the reference was received with other bytes, class, media type, charset or file name"}
			}
			row, err := tx.ReceiptOfDocument(ctx, queries.ReceiptOfDocumentParams{Document: d.ID, Kind: receiptReceived})
			if err != nil {
				return fmt.Errorf("reading receipt: %w", err)
			}
			r = receiptOf(row)
			return nil
		},
	})
	t.endUnreceived(ctx, up, err)
	return d, r, err
}

// newestHeader returns the upload's header for the contract's present identity, because
// the upload may have begun before a rotation. If the earlier identity is gone, the
// upload was abandoned.
func (t *Transfers) newestHeader(ctx context.Context, tx *database.Tx, s *choke.Scene, up *upload) (epoch int64, header []byte, err error) {
	epoch, to, err := t.keys.Recipient(ctx, tx, s)
	if err != nil || epoch == up.epoch {
		return epoch, up.header, err
	}
	old, err := t.keys.Identity(ctx, tx, keys.Epoch{Contract: s.Contract(), Epoch: up.epoch})
	if errors.Is(err, choke.ErrNotFound) {
		return 0, nil, errAbandoned
	}
	if err != nil {
		return 0, nil, fmt.Errorf("opening contract identity: %w", err)
	}
	header, err = crypto.Rewrap(up.header, old, to)
	return epoch, header, err
}
