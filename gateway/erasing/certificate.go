package erasing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/gateway/keys"
	"github.com/bordereau/bordereau/policy"
)

// destructionKind tells a destruction certificate from the other statements that the
// receipt key signs.
const destructionKind = "destruction"

// DestructionClaims are the claims of a destruction certificate. It is signed with the
// receipt key, as receipts are.
type DestructionClaims struct {
	ID         choke.ErasureID      `json:"jti"`
	Kind       string               `json:"kind"` // destruction
	Issued     int64                `json:"iat"`  // seconds since 1970 UTC
	Client     choke.OrganisationID `json:"client"`
	Contract   choke.ContractID     `json:"contract"`
	Document   choke.DocumentID     `json:"document,omitempty"` // none: the contract as a whole
	ProposedBy choke.PersonID       `json:"proposed_by"`
	DecidedBy  choke.PersonID       `json:"decided_by"`
	Decided    time.Time            `json:"decided"`             // from then on the content could not be opened
	Reapplied  *time.Time           `json:"reapplied,omitempty"` // when the erasure was repeated after a restore

	Method     []string    `json:"method"`     // the steps, in this order
	Documents  int64       `json:"documents"`  // destroyed
	Bytes      int64       `json:"bytes"`      // of their plaintext
	Exceptions []Exception `json:"exceptions"` // what the erasure left

	Ledger       string       `json:"ledger"`       // in which the decision stands
	Position     int64        `json:"position"`     // its sequence number there
	Event        string       `json:"event"`        // its id
	Backups      string       `json:"backups"`      // YYYY-MM-DD: the last backup with the content expires
	Verification Verification `json:"verification"` // what was tried after it
}

// The methods of destruction.
const (
	MethodContractKeys = "contract-keys-destroyed" // all sealed copies of the contract's identities
	MethodFileKeys     = "file-keys-destroyed"     // each document's header, with its wrapped key and its file name
	MethodObjects      = "objects-deleted"         // each sealed body, with all versions
)

// Exception is something that an erasure left. Of kind legal-hold, a document is
// readable. Of kind object-retained, a store keeps a sealed body.
type Exception struct {
	Kind     string           `json:"kind"`
	Document choke.DocumentID `json:"document,omitempty"` // of a legal hold
	Count    int64            `json:"count"`
}

// Verification counts what could still be read after an erasure.
type Verification struct {
	At         time.Time `json:"at"`
	Identities int64     `json:"identities_opened"` // of the contract; without a header they open no document
	Headers    int64     `json:"headers_read"`
	Objects    int64     `json:"objects_read"`
}

// errStillOpens means that the verification of an erasure could still open a document.
var errStillOpens = errors.New("the erased content can still be opened")

// destruction tries to read the erased content, and gives the claims of the certificate.
// It fails if anything opens.
func (er *Erasures) destruction(ctx context.Context, row queries.Erasure) (DestructionClaims, error) {
	now := er.door.Now()
	position, err := er.position(ctx, row)
	if err != nil {
		return DestructionClaims{}, err
	}
	c := DestructionClaims{ID: row.ID, Kind: destructionKind, Issued: now.Unix(), Contract: row.Contract,
		Document: row.Document, ProposedBy: row.ProposedBy, DecidedBy: row.DecidedBy,
		Decided: row.Decided.Time(), Method: []string{MethodFileKeys, MethodObjects}, Exceptions: []Exception{},
		Ledger: row.Ledger, Position: position, Event: row.Event, Verification: Verification{At: now},
		Backups: er.lastBackup(row, now).Format(time.DateOnly)}
	if row.Reapplied > 0 {
		at := row.Reapplied.Time()
		c.Reapplied = &at
	}
	err = er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error { return er.tryToRead(ctx, tx, row, &c) })
	if err != nil {
		return DestructionClaims{}, err
	}
	if c.Verification.Headers > 0 || c.Verification.Identities > 0 {
		return DestructionClaims{}, errStillOpens
	}
	return c, nil
}

// lastBackup is when the last backup expires that could bring the content back. An
// erasure that is certified again, because the store has deleted retained objects, had
// made the content unreadable by its first certificate: so the time counts from that one.
func (er *Erasures) lastBackup(row queries.Erasure, now time.Time) time.Time {
	if row.Certified > 0 {
		now = row.Certified.Time()
	}
	return now.Add(er.limits.BackupRetention)
}

// tryToRead counts what was destroyed and what is left of it.
func (er *Erasures) tryToRead(ctx context.Context, tx *database.Tx, row queries.Erasure, c *DestructionClaims) error {
	contract, err := tx.Contract(ctx, row.Contract)
	if err != nil {
		return fmt.Errorf("reading contract: %w", err)
	}
	c.Client = contract.Client
	totals, err := tx.ErasureTotals(ctx, row.ID)
	if err != nil {
		return fmt.Errorf("counting erased documents: %w", err)
	}
	c.Documents, c.Bytes, c.Verification.Objects = totals.Documents, totals.Bytes, totals.ObjectsLeft
	if c.Verification.Headers, err = tx.HeadersLeft(ctx, row.ID); err != nil {
		return fmt.Errorf("looking for headers: %w", err)
	}
	spared, err := tx.ErasureExceptions(ctx, row.ID)
	if err != nil {
		return fmt.Errorf("reading exceptions: %w", err)
	}
	for _, document := range spared {
		c.Exceptions = append(c.Exceptions, Exception{Kind: string(policy.ReasonLegalHold), Document: document, Count: 1})
	}
	if totals.ObjectsLeft > 0 {
		c.Exceptions = append(c.Exceptions, Exception{Kind: "object-retained", Count: totals.ObjectsLeft})
	}
	if row.Document != "" || len(spared) > 0 {
		return nil
	}
	c.Method = append([]string{MethodContractKeys}, c.Method...)
	c.Verification.Identities, err = er.openIdentities(ctx, tx, c.Contract)
	return err
}

// openIdentities tries to open the identity of every epoch of a contract, in the way a
// download does, and counts those that open.
func (er *Erasures) openIdentities(ctx context.Context, tx *database.Tx, id choke.ContractID) (opened int64, err error) {
	current, err := tx.CurrentContractKey(ctx, id)
	if err != nil {
		return 0, choke.IgnoreNoRows(err)
	}
	for epoch := int64(1); epoch <= current.Epoch; epoch++ {
		_, err := er.keys.Identity(ctx, tx, keys.Epoch{Contract: id, Epoch: epoch})
		switch {
		case err == nil:
			opened++
		case !errors.Is(err, choke.ErrNotFound):
			return 0, fmt.Errorf("trying to open an identity: %w", err)
		}
	}
	return opened, nil
}

// position finds the sequence number of the decision in its ledger. A document is erased
// by a decision about it, or withdrawn with its batch.
func (er *Erasures) position(ctx context.Context, row queries.Erasure) (int64, error) {
	q := ask.Query{Ledger: row.Ledger, Contract: string(row.Contract), Outcome: event.OutcomeAllow, Limit: 500}
	if row.Document == "" {
		q.Action = event.Action(policy.ActionContractErase)
		return er.positionIn(ctx, row.Event, q)
	}
	erased, withdrawn, batch := q, q, q
	erased.Action, erased.Document = event.Action(policy.ActionDocumentErase), string(row.Document)
	withdrawn.Action, withdrawn.Document = event.Action(policy.ActionDocumentWithdraw), string(row.Document)
	batch.Action = event.Action(policy.ActionBatchWithdraw)
	err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		d, err := tx.Document(ctx, row.Document)
		batch.Batch = string(d.Batch)
		return choke.IgnoreNoRows(err)
	})
	if err != nil {
		return 0, fmt.Errorf("reading the erased document: %w", err)
	}
	return er.positionIn(ctx, row.Event, erased, withdrawn, batch)
}

// positionIn looks for an event in the answers to questions.
func (er *Erasures) positionIn(ctx context.Context, id string, questions ...ask.Query) (int64, error) {
	for _, q := range questions {
		for {
			events, next, err := er.ledger.Query(ctx, q)
			if err != nil {
				return 0, fmt.Errorf("looking for the decision in the ledger: %w", choke.Unavailable(err))
			}
			for _, e := range events {
				if e.ID == id {
					return e.Seq, nil
				}
			}
			if next == "" {
				break
			}
			q.Cursor = next
		}
	}
	return 0, fmt.Errorf("%w: the decision is not in the ledger yet", choke.ErrUnavailable)
}
