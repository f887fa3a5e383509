package erasing

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// A restored database is compared with the erasure journal. A backup of the database
// brings back the rows that an erasure deleted. So every erasure is also an object of its
// own in the store, under j/, which is not restored with the database. Each entry is one
// small JWS over JournalClaims, signed with the receipt key. A person who controls the
// store can take entries away, as well as documents, but cannot make the gateway erase
// anything.
//
//	j/4kq7… → eyJhbGciOiJFZERTQSIs….eyJqdGkiOiJ4XzRrcTci….…
//
// The name of an entry is the erasure's identifier without its prefix. A listing is thus
// enough to find the erasures that the database does not know. The gateway creates
// entries, durably, and never changes or deletes one.
const journalPrefix = "j/"

// journalKind tells a journal entry from the other statements that the receipt key signs.
const journalKind = "erasure"

// JournalClaims is one entry of the journal. It holds nothing but opaque identifiers and
// times.
type JournalClaims struct {
	ID         choke.ErasureID    `json:"jti"`
	Kind       string             `json:"kind"` // erasure
	Contract   choke.ContractID   `json:"contract"`
	Document   choke.DocumentID   `json:"document,omitempty"` // none: the contract as a whole
	Except     []choke.DocumentID `json:"except,omitempty"`   // documents that the erasure of the contract spared
	Ledger     string             `json:"ledger"`
	ProposedBy choke.PersonID     `json:"proposed_by"`
	Proposed   time.Time          `json:"proposed"`
	DecidedBy  choke.PersonID     `json:"decided_by"`
	Decided    time.Time          `json:"decided"`
}

// JournalKey is the name of an erasure's entry in the store.
func JournalKey(id choke.ErasureID) string {
	return journalPrefix + strings.TrimPrefix(string(id), "x_")
}

// journalErasure writes a decided erasure into the journal. It returns when the entry is
// durable.
func (er *Erasures) journalErasure(ctx context.Context, row queries.Erasure) error {
	if row.Journaled > 0 {
		return nil
	}
	c := JournalClaims{ID: row.ID, Kind: journalKind, Contract: row.Contract, Document: row.Document,
		Ledger: row.Ledger, ProposedBy: row.ProposedBy, Proposed: row.Proposed.Time(),
		DecidedBy: row.DecidedBy, Decided: row.Decided.Time()}
	err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		spared, err := tx.ErasureExceptions(ctx, row.ID)
		c.Except = append(c.Except, spared...)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading exceptions: %w", err)
	}
	entry, err := er.receipts.Sign(c)
	if err != nil {
		return fmt.Errorf("signing journal entry: %w", err)
	}
	if err := er.putJournal(ctx, JournalKey(c.ID), entry); err != nil {
		return fmt.Errorf("writing erasure journal: %w", err)
	}
	return er.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error {
		return tx.SetErasureJournaled(ctx, queries.SetErasureJournaledParams{ID: row.ID, Journaled: queries.At(er.door.Now())})
	})
}

// putJournal creates an entry. Signing is deterministic, so an entry of an earlier
// attempt has the same bytes.
func (er *Erasures) putJournal(ctx context.Context, key, entry string) error {
	err := er.objects.Put(ctx, key, strings.NewReader(entry), int64(len(entry)))
	if !errors.Is(err, choke.ErrObjectExists) {
		return err
	}
	there, err := er.readJournal(ctx, key)
	if err != nil {
		return err
	}
	if there != entry {
		return errors.New("the store has another entry under this name")
	}
	return nil
}

// maxJournalEntry bounds the size of an entry that is read. A contract with 20,000 held
// documents fits.
const maxJournalEntry = 1 << 20

func (er *Erasures) readJournal(ctx context.Context, key string) (string, error) {
	body, size, err := er.objects.Get(ctx, key, 0)
	if err != nil {
		return "", err
	}
	defer body.Close()
	if size > maxJournalEntry {
		return "", errJournalEntry
	}
	text, err := io.ReadAll(body)
	return string(text), err
}

// errJournalEntry means that this gateway did not sign an entry.
var errJournalEntry = errors.New("not an entry that the receipt key at hand signed")

// openJournal gives the claims of an entry after it has checked the signature. Signing is
// deterministic: if the payload, signed again, gives other bytes, another key signed the
// entry.
func (er *Erasures) openJournal(ctx context.Context, id choke.ErasureID) (c JournalClaims, err error) {
	entry, err := er.readJournal(ctx, JournalKey(id))
	if err != nil {
		return c, err
	}
	parts := strings.Split(entry, ".")
	if len(parts) != 3 {
		return c, errJournalEntry
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || !json.Valid(payload) {
		return c, errJournalEntry
	}
	again, err := er.receipts.Sign(json.RawMessage(payload))
	if err != nil {
		return c, err
	}
	if !bytes.Equal([]byte(again), []byte(entry)) {
		return c, errJournalEntry
	}
	if err := json.Unmarshal(payload, &c); err != nil || c.Kind != journalKind || c.ID != id {
		return c, errJournalEntry // another entry, a receipt or a certificate was put under this name
	}
	return c, nil
}

// UnknownErasures lists the erasures that are in the journal and not decided in the
// database, which then was restored from an older backup. Nothing may be served before
// ReapplyErasures.
func (er *Erasures) UnknownErasures(ctx context.Context) ([]choke.ErasureID, error) {
	var unknown []choke.ErasureID
	for object, err := range er.objects.List(ctx, journalPrefix, "") {
		if err != nil {
			return nil, fmt.Errorf("reading erasure journal: %w", err)
		}
		id := "x_" + strings.TrimPrefix(object.Key, journalPrefix)
		if policy.ParseIdentifier("x", id) != nil {
			return nil, fmt.Errorf("reading erasure journal: %s is not the name of an entry", object.Key)
		}
		known := false
		err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
			row, err := tx.Erasure(ctx, policy.ErasureID(id))
			known = err == nil && row.Decided > 0
			return choke.IgnoreNoRows(err)
		})
		if err != nil {
			return nil, fmt.Errorf("reading erasure: %w", err)
		}
		if !known {
			unknown = append(unknown, choke.ErasureID(id))
		}
	}
	return unknown, nil
}

// ReapplyErasures repeats and executes every erasure that UnknownErasures lists. It calls
// report after each. The machine's owner runs it after a restore, while no gateway
// serves. An entry that the receipt key at hand did not sign stops it: the store alone
// cannot order an erasure.
func (er *Erasures) ReapplyErasures(ctx context.Context, report func(JournalClaims)) error {
	unknown, err := er.UnknownErasures(ctx)
	if err != nil {
		return err
	}
	for _, id := range unknown {
		c, err := er.openJournal(ctx, id)
		if err != nil {
			return fmt.Errorf("reading journal entry of %s: %w", id, err)
		}
		if err := er.reapply(ctx, c); err != nil {
			return fmt.Errorf("repeating erasure %s: %w", id, choke.Unavailable(err))
		}
		report(c)
	}
	return nil
}

// reapply repeats one erasure. Content that the restored database never knew cannot come
// back from it, so the erasure is then only noted.
func (er *Erasures) reapply(ctx context.Context, c JournalClaims) error {
	now := er.door.Now()
	e := event.Event{ID: event.NewID(), Occurred: now, Phase: event.PhaseState, Action: event.Action(policy.ActionContractErase),
		Actor: choke.System, Auth: "local", Contract: string(c.Contract), Document: string(c.Document), Subject: string(c.ID),
		Outcome: event.OutcomeAllow, Reason: "reapplied"}
	if c.Document != "" {
		e.Action = event.Action(policy.ActionDocumentErase)
	}
	ledger, known, err := er.stillKnown(ctx, c)
	if err != nil {
		return err
	}
	err = er.owner.Record(ctx, ledger, e, func(ctx context.Context, tx *database.Tx) (bool, error) {
		return true, er.repeatErasure(ctx, tx, c, queries.InsertErasureParams{ID: c.ID, Contract: c.Contract,
			Document: c.Document, ProposedBy: c.ProposedBy, Proposed: queries.At(c.Proposed), DecidedBy: c.DecidedBy,
			Decided: queries.At(c.Decided), Ledger: ledger, Event: e.ID, Reapplied: queries.At(now), Journaled: queries.At(now)}, known)
	})
	if err != nil || !known {
		return err
	}
	row, err := er.erasureRow(ctx, c.ID)
	if err != nil {
		return err
	}
	return er.destroy(ctx, row)
}

// stillKnown says whether the database knows the erased content, and gives the ledger for
// the event.
func (er *Erasures) stillKnown(ctx context.Context, c JournalClaims) (ledger string, known bool, err error) {
	ledger = choke.OperatorLedger
	err = er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		contract, err := tx.Contract(ctx, c.Contract)
		if err != nil {
			return choke.IgnoreNoRows(err)
		}
		ledger, known = string(contract.Client), c.Document == ""
		if c.Document == "" {
			return nil
		}
		d, err := tx.Document(ctx, c.Document)
		known = err == nil && d.State == policy.DocumentReceived
		return choke.IgnoreNoRows(err)
	})
	if err != nil {
		return "", false, fmt.Errorf("reading the erased document or contract: %w", err)
	}
	return ledger, known, nil
}

func (er *Erasures) repeatErasure(ctx context.Context, tx *database.Tx, c JournalClaims, row queries.InsertErasureParams, known bool) error {
	n, err := tx.RepeatErasure(ctx, queries.RepeatErasureParams{ID: row.ID, DecidedBy: row.DecidedBy, Decided: row.Decided, Ledger: row.Ledger,
		Event: row.Event, Reapplied: row.Reapplied})
	if err == nil && n == 0 { // otherwise the backup knew the proposal
		err = tx.InsertErasure(ctx, row)
	}
	switch {
	case err != nil:
		return fmt.Errorf("inserting erasure: %w", err)
	case !known:
		_, err := tx.CertifyErasure(ctx, queries.CertifyErasureParams{ID: row.ID, Certified: row.Reapplied})
		return err
	case c.Document != "":
		return dropHeader(ctx, tx, c.ID, row.Document, row.Reapplied.Time())
	}
	if err := dropContract(ctx, tx, c.ID, c.Contract, c.Except, row.Reapplied.Time()); err != nil {
		return err
	}
	return er.terminateErased(ctx, tx, c.Contract, row.Reapplied)
}

// terminateErased ends a contract that runs by the restored database.
func (er *Erasures) terminateErased(ctx context.Context, tx *database.Tx, id choke.ContractID, now queries.Micros) error {
	current, err := tx.ContractStatusForChange(ctx, id)
	if err != nil || current.Status == policy.StatusTerminated {
		return err
	}
	if _, err := tx.EndContractStatus(ctx, queries.EndContractStatusParams{ID: current.ID, ValidUntil: now}); err != nil {
		return err
	}
	return tx.InsertContractStatus(ctx, queries.InsertContractStatusParams{ID: policy.NewID("s"), Contract: id,
		Status: policy.StatusTerminated, Reason: "erased", ChangedBy: choke.System, ValidFrom: now})
}
