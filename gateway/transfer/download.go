package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/gateway/keys"
	"github.com/bordereau/bordereau/policy"
)

// Content is a document that the caller may read. Its grant is durable in the ledger.
// Call Send once, or Close.
type Content struct {
	Document choke.Document
	Part     Part // what Send sends: the whole document unless a part was asked for

	transfers *Transfers
	caller    choke.Caller
	grant     event.Event
	ledger    string

	header   []byte
	binding  []byte
	identity *crypto.Identity
	key      string

	body     io.Closer // the store's, nil once closed
	plain    io.Reader
	verified bool      // plain is in memory, and has the digest that was received
	day      string    // on which the ceilings count it; empty for a head, which counts nothing
	checked  time.Time // when the grant was last decided
	sent     int64
	ended    bool
}

// Open grants a read and opens the document. It reserves the ceilings with the grant. It
// decrypts and verifies a document of up to Config.VerifyWhole as a whole, so that a bad
// document is an error and not half an answer.
//
//  1. The act: facts, decision, reservation, and `grant` in the ledger. Die here: the
//     read counts whole, and no byte left.
//  2. Header, body and identity are opened. Bytes leave only through Send.
//  3. `completed` or `aborted`, with the number of bytes sent. What was reserved and not
//     sent is given back.
func (t *Transfers) Open(ctx context.Context, caller choke.Caller, id choke.DocumentID) (*Content, error) {
	return t.OpenPart(ctx, caller, id, whole)
}

// grantRead decides a read, reserves its ceilings and records it. It opens nothing yet.
// A nil choose asks for no bytes, and counts nothing.
func (t *Transfers) grantRead(ctx context.Context, caller choke.Caller, id choke.DocumentID, choose Choice) (*Content, error) {
	c := &Content{transfers: t, caller: caller}
	s, err := t.door.Do(ctx, caller, choke.Hand(policy.ActionDocumentRead,
		func(ctx context.Context, tx *database.Tx, s *choke.Scene) (queries.Document, error) {
			return onReading(ctx, tx, s, id, choose)
		},
		func(ctx context.Context, tx *database.Tx, s *choke.Scene, row queries.Document) error {
			if err := c.prepare(ctx, tx, s, row); err != nil {
				return err
			}
			if choose == nil {
				return nil
			}
			if err := c.choose(s, choose); err != nil {
				return err
			}
			return c.reserve(ctx, tx, s)
		}))
	if err != nil {
		return nil, err
	}
	c.grant, c.ledger, c.checked = *s.Event(), s.Ledger(), s.Now()
	return c, nil
}

// onReading makes a document the object of an act that reads it. It returns the
// document's row, and loads what the person has read today.
func onReading(ctx context.Context, tx *database.Tx, s *choke.Scene, id choke.DocumentID, choose Choice) (queries.Document, error) {
	row, err := s.OnDocument(ctx, tx, id)
	if err != nil {
		return row, err
	}
	s.Event().Phase, s.Event().Length = event.PhaseGrant, row.Size
	if err := s.NoteErased(ctx, tx, row); err != nil {
		return row, fmt.Errorf("reading erasure: %w", err)
	}
	if s.Terms() == nil || s.Facts().Work.Lease != policy.LeaseHeld {
		return row, nil // it is refused before a ceiling is asked
	}
	if choose == nil {
		s.Facts().Reading = &policy.Reading{Reserved: true, Documents: 0, Bytes: 0, Counted: false, Skipped: 0} // nothing is read
		return row, nil
	}
	day := s.Terms().Day(s.Now())
	sums, err := tx.LockReading(ctx, queries.LockReadingParams{Contract: s.Contract(), Person: s.Caller().Person, Day: day})
	if err != nil {
		return row, fmt.Errorf("reading today's sums: %w", err)
	}
	reading := policy.Reading{Documents: sums.Documents, Bytes: sums.Bytes, Counted: false, Skipped: 0, Reserved: false}
	if sums.Documents >= s.Terms().Ceilings().DocumentsPerDay { // only there it matters
		n, err := tx.ReadToday(ctx, queries.ReadTodayParams{Contract: s.Contract(), Person: s.Caller().Person, Day: day, Document: row.ID})
		if err != nil {
			return row, fmt.Errorf("reading today's documents: %w", err)
		}
		reading.Counted = n > 0
	}
	// A part that the document does not have is refused after the decision.
	if part, err := choose(documentOf(row, "")); err == nil && part.Length >= 0 && part.Length <= row.Size {
		reading.Skipped = row.Size - part.Length
	}
	s.Facts().Reading = &reading
	return row, nil
}

// reserve counts the document, once a day, and the bytes that are asked for.
func (c *Content) reserve(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
	c.day = s.Terms().Day(s.Now())
	reads, err := tx.AddReadingDocument(ctx, queries.AddReadingDocumentParams{Contract: c.Document.Contract, Person: s.Caller().Person,
		Day: c.day, Document: c.Document.ID, Bytes: c.Part.Length})
	if err != nil {
		return fmt.Errorf("counting document: %w", err)
	}
	added := int64(0)
	if reads == 1 {
		added = 1
	}
	err = tx.AddReading(ctx, queries.AddReadingParams{Contract: c.Document.Contract, Person: s.Caller().Person,
		Day: c.day, ReadDocuments: added, ReadBytes: c.Part.Length})
	if err != nil {
		return fmt.Errorf("reserving ceilings: %w", err)
	}
	return nil
}

// giveBack takes off the ceilings what was reserved and not sent. A document of which
// nothing was sent is not counted, unless another read of it is.
func (c *Content) giveBack(ctx context.Context, tx *database.Tx) error {
	of := queries.LockReadingParams{Contract: c.Document.Contract, Person: c.caller.Person, Day: c.day}
	if _, err := tx.LockReading(ctx, of); err != nil { // the same order of locks as in a grant
		return fmt.Errorf("reading the day's sums: %w", err)
	}
	unread, documents := int64(0), int64(0)
	if c.sent == 0 {
		unread = 1
	}
	reads, err := tx.GiveBackReading(ctx, queries.GiveBackReadingParams{Contract: of.Contract, Person: of.Person, Day: of.Day,
		Document: c.Document.ID, Unread: unread, Unsent: c.Part.Length - c.sent})
	if err != nil {
		return fmt.Errorf("counting document: %w", err)
	}
	if reads == 0 {
		documents = -1
		err := tx.DeleteReadingDocument(ctx, queries.DeleteReadingDocumentParams{Contract: of.Contract, Person: of.Person, Day: of.Day, Document: c.Document.ID})
		if err != nil {
			return fmt.Errorf("counting document: %w", err)
		}
	}
	return tx.AddReading(ctx, queries.AddReadingParams{Contract: of.Contract, Person: of.Person, Day: of.Day,
		ReadDocuments: documents, ReadBytes: c.sent - c.Part.Length})
}

// prepare reads what opening needs.
func (c *Content) prepare(ctx context.Context, tx *database.Tx, s *choke.Scene, row queries.Document) error {
	header, err := tx.DocumentHeader(ctx, row.ID)
	if err != nil {
		return choke.OrNotFound(err) // it was erased meanwhile
	}
	if c.identity, err = c.transfers.keys.Identity(ctx, tx, keys.Epoch{Contract: s.Contract(), Epoch: header.Epoch}); err != nil {
		return fmt.Errorf("opening contract identity: %w", err)
	}
	c.Document, c.header, c.key = documentOf(row, header.FileName), header.Header, row.ObjectKey
	c.binding = header.Binding
	return nil
}

func (c *Content) open(ctx context.Context) error {
	b, err := crypto.BindingOf(c.header, c.identity)
	if err == nil {
		err = b.Check(bound(c.Document.ID, c.key, c.Document.Size, c.Document.Digest), c.binding)
	}
	if err != nil {
		return fmt.Errorf("opening document: %w", keys.Tampered(err))
	}
	if !c.isWhole() && c.Document.Size > c.transfers.limits.VerifyWhole {
		return c.openPart(ctx)
	}
	body, size, err := c.transfers.objects.Get(ctx, c.key, 0)
	if errors.Is(err, choke.ErrObjectMissing) {
		return fmt.Errorf("%w: the object is missing", choke.ErrTampered)
	}
	if err != nil {
		return fmt.Errorf("reading object: %w", err)
	}
	c.body = body
	if size != crypto.SealedSize(c.Document.Size) {
		return fmt.Errorf("%w: the object has another size", choke.ErrTampered)
	}
	plain, err := crypto.Open(c.header, body, c.identity)
	if err != nil {
		return fmt.Errorf("opening document: %w", keys.Tampered(err))
	}
	c.plain = plain
	if c.Document.Size > c.transfers.limits.VerifyWhole {
		return nil
	}
	whole := bytes.NewBuffer(make([]byte, 0, c.Document.Size))
	if err := c.copy(ctx, whole, c.Document.Size, c.Document.Digest, nil); err != nil {
		return err
	}
	c.plain, c.verified = bytes.NewReader(whole.Bytes()[c.Part.Offset:c.Part.Offset+c.Part.Length]), true
	return nil
}

// Started says whether a byte was written. After that, a failure of Send must break the
// connection.
func (c *Content) Started() bool { return c.sent > 0 }

// Send writes exactly Part.Length bytes to w, or fails. Every Config.RecheckEvery it asks
// whether the document may still be read, and stops if not. When it returns, the ledger
// has recorded how the download ended, if the ledger can be reached.
func (c *Content) Send(ctx context.Context, w io.Writer) error {
	// A document that was verified whole is in memory as it was then, and needs no second
	// check. The digest of a part is not known. There, each chunk has proven to be
	// authentic and in its place.
	var digest []byte
	if c.isWhole() && !c.verified {
		digest = c.Document.Digest
	}
	err := c.copy(ctx, choke.Counting(w, &c.sent), c.Part.Length, digest, c.recheck)
	c.end(ctx, err)
	return choke.Unavailable(err)
}

// Close ends a Content that was not sent.
func (c *Content) Close() { c.end(context.Background(), choke.ErrReceiver) }

// copy writes the plaintext to w, one chunk behind what it has read. The last bytes leave
// only when all of it has proven right: by its length and, for a whole document, by its
// final chunk and its digest want.
func (c *Content) copy(ctx context.Context, w io.Writer, size int64, want []byte, between func(context.Context) error) error {
	var digest hash.Hash
	if want != nil {
		digest = sha256.New()
	}
	most := int(min(keys.Chunk, size+1)) // the first read of a small document reaches its end
	held, next := make([]byte, 0, most), make([]byte, most)
	var count int64
	for {
		n, err := io.ReadFull(c.plain, next)
		if digest != nil {
			digest.Write(next[:n])
		}
		count += int64(n)
		whole := err == io.EOF || err == io.ErrUnexpectedEOF
		switch {
		case err != nil && !whole:
			return fmt.Errorf("reading document: %w", keys.Tampered(err))
		case count > size, whole && count != size, whole && digest != nil && !bytes.Equal(digest.Sum(nil), want):
			return fmt.Errorf("%w: the content is not what was received", choke.ErrTampered)
		}
		if between != nil {
			if err := between(ctx); err != nil {
				return err
			}
		}
		if err := writeAll(w, held); err != nil {
			return err
		}
		held, next = next[:n], held[:most]
		if whole {
			return writeAll(w, held)
		}
	}
}

func writeAll(w io.Writer, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if _, err := w.Write(p); err != nil {
		return fmt.Errorf("%w: %w", choke.ErrReceiver, err)
	}
	return nil
}

// recheck asks from time to time whether the read is still allowed. It reserves and
// records nothing: a grant that still stands is no new access. If the read is cut, the
// end of the download is recorded.
func (c *Content) recheck(ctx context.Context) error {
	t := c.transfers
	now := t.door.Now()
	if now.Sub(c.checked) < t.limits.RecheckEvery {
		return nil
	}
	c.checked = now
	return t.door.Ask(ctx, c.caller, choke.Act{
		Action: policy.ActionDocumentRead,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := s.OnDocument(ctx, tx, c.Document.ID)
			if err == nil {
				err = s.NoteErased(ctx, tx, row)
			}
			s.Facts().Reading = &policy.Reading{Documents: 0, Bytes: 0, Counted: false, Skipped: 0, Reserved: true} // the grant has reserved it
			return err
		},
	})
}

// end closes the body and records how the download ended. It does so once.
func (c *Content) end(ctx context.Context, cause error) {
	if c.ended {
		return
	}
	c.ended = true
	if c.body != nil {
		c.body.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), choke.CleanUp)
	defer cancel()
	e := c.grant
	e.ID, e.Occurred, e.Grant, e.Bytes = event.NewID(), c.transfers.door.Now(), c.grant.ID, c.sent
	e.Phase, e.Outcome, e.Reason = event.PhaseCompleted, event.OutcomeAllow, string(policy.ReasonAllowed)
	if cause != nil {
		e.Phase, e.Outcome, e.Reason = event.PhaseAborted, event.OutcomeError, choke.FailureReason(cause)
	}
	var mutate func(context.Context, *database.Tx) (bool, error)
	if c.day != "" && cause != nil && c.sent < c.Part.Length || c.day != "" && cause != nil && c.sent == 0 {
		mutate = func(ctx context.Context, tx *database.Tx) (bool, error) { return true, c.giveBack(ctx, tx) }
	}
	if err := c.transfers.door.RecordOutcome(ctx, c.ledger, e, mutate); err != nil {
		c.transfers.log.Error("recording the end of a download failed", "document", c.Document.ID, "error", err)
	}
}
