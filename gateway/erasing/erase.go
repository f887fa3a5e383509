package erasing

import (
	"context"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// ErasureState is how far an erasure has come.
type ErasureState string

// The states of an erasure. From ErasureRunning on, the content cannot be opened.
const (
	ErasureProposed  ErasureState = "proposed"  // of a contract, and not decided yet by a second person
	ErasureRunning   ErasureState = "running"   // decided: keys are destroyed, objects are being deleted
	ErasureCertified ErasureState = "certified" // executed, verified and certified
)

// Erasure destroys one document, or all of a contract, for good.
type Erasure struct {
	ID          choke.ErasureID
	Contract    choke.ContractID
	Document    choke.DocumentID // empty: the contract as a whole
	State       ErasureState
	Reason      string
	ProposedBy  choke.PersonID
	DecidedBy   choke.PersonID // empty while proposed
	Proposed    time.Time
	Decided     time.Time // zero while proposed
	Certified   time.Time // zero until certified
	Certificate string    // compact JWS over DestructionClaims (certificate.go), empty until certified
}

// waitForErasure is how long a request waits for the execution of an erasure. The objects
// of a contract may take hours. The sweeper goes on with them.
const waitForErasure = 20 * time.Second

// EraseDocument destroys the header of a document, without which its body cannot be
// opened, and then deletes the object with all its versions. It is a duty of the client's
// contract manager. A legal hold on the document or its contract forbids it. Repeated, it
// is the same erasure.
//
//  1. The act: the header row goes, the erasure's row comes, in one transaction with the
//     event. Die here: the document is erased, and the sweeper does the rest.
//  2. executeErasure: the journal, the object, the verification, the certificate.
func (er *Erasures) EraseDocument(ctx context.Context, caller choke.Caller, id choke.DocumentID, reason string) (Erasure, error) {
	if err := choke.CheckName("reason", reason); err != nil {
		return Erasure{}, err
	}
	var erasure choke.ErasureID
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionDocumentErase,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			s.Event().Private["note"] = reason
			return OnErasableDocument(ctx, tx, s, id)
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			erasure, err = EraseDocument(ctx, tx, s, id, reason)
			s.Event().Subject = string(erasure)
			return err
		},
	})
	if err != nil {
		return Erasure{}, err
	}
	return er.executeErasure(ctx, erasure)
}

// onErasable makes a contract the object of an act about erasing. Holds and erasures of
// one contract queue for its status row, so that neither overtakes the other.
func onErasable(ctx context.Context, tx *database.Tx, s *choke.Scene, id choke.ContractID) error {
	if _, err := tx.ContractStatusForChange(ctx, id); err != nil {
		return err
	}
	if err := s.OnContract(ctx, tx, id); err != nil {
		return err
	}
	s.OnDuty()
	held, err := tx.HoldsOn(ctx, queries.HoldsOnParams{Contract: id, Document: policy.DocumentID(s.Event().Document)})
	if err != nil {
		return fmt.Errorf("reading holds: %w", err)
	}
	s.Facts().Holds = &policy.Holds{Standing: held > 0}
	s.Facts().Dates = &policy.Dates{Expired: s.Terms() != nil && s.Terms().Expired(s.Now())}
	return nil
}

// OnErasableDocument is onErasable for one document.
func OnErasableDocument(ctx context.Context, tx *database.Tx, s *choke.Scene, id choke.DocumentID) error {
	row, err := tx.Document(ctx, id)
	if err != nil {
		return err
	}
	if row.State != policy.DocumentReceived {
		return choke.ErrNotFound // an upload without a receipt is not a document yet
	}
	s.Event().Batch, s.Event().Document, s.Event().Class, s.Event().Length = string(row.Batch), string(row.ID), string(row.Class), row.Size
	s.Facts().Document = &policy.Document{State: row.State, Size: row.Size}
	if err := s.NoteErased(ctx, tx, row); err != nil {
		return err
	}
	if err := onErasable(ctx, tx, s, row.Contract); err != nil {
		return err
	}
	return hideUnsent(ctx, tx, s, row.ID)
}

// hideUnsent is HideUnsealed for the batch of a document. Without a document the act is
// about a whole contract, and nothing is hidden.
func hideUnsent(ctx context.Context, tx *database.Tx, s *choke.Scene, document choke.DocumentID) error {
	if document == "" {
		return nil
	}
	row, err := tx.Document(ctx, document)
	if choke.IsNoRows(err) {
		s.HideUnsealed("") // erased after the backup from which this database was restored: its batch is unknown
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading document: %w", err)
	}
	state, err := tx.BatchState(ctx, row.Batch)
	if err != nil {
		return fmt.Errorf("reading batch state: %w", err)
	}
	s.HideUnsealed(state.State)
	return nil
}

// EraseDocument inserts the erasure of one document and destroys its header, in the
// transaction of an act. Of a document that is erased it gives the erasure.
func EraseDocument(ctx context.Context, tx *database.Tx, s *choke.Scene, id choke.DocumentID, reason string) (choke.ErasureID, error) {
	if erased, err := tx.ErasedDocument(ctx, id); err == nil || !choke.IsNoRows(err) {
		return erased.Erasure, err
	}
	erasure := choke.ErasureID(policy.NewID("x"))
	err := tx.InsertErasure(ctx, queries.InsertErasureParams{ID: erasure, Contract: s.Contract(), Document: id,
		Reason: reason, ProposedBy: s.Caller().Person, Proposed: queries.At(s.Now()), DecidedBy: s.Caller().Person,
		Decided: queries.At(s.Now()), Ledger: s.Ledger(), Event: s.Event().ID})
	if err != nil {
		return "", fmt.Errorf("inserting erasure: %w", err)
	}
	return erasure, dropHeader(ctx, tx, erasure, id, s.Now())
}

// dropHeader destroys the key of one document, and its file name with it.
func dropHeader(ctx context.Context, tx *database.Tx, erasure choke.ErasureID, document choke.DocumentID, now time.Time) error {
	if _, err := tx.DeleteDocumentHeader(ctx, document); err != nil {
		return fmt.Errorf("deleting document header: %w", err)
	}
	err := tx.InsertErasedDocument(ctx, queries.InsertErasedDocumentParams{Document: document, Erasure: erasure, Erased: queries.At(now)})
	if err != nil {
		return fmt.Errorf("inserting erased document: %w", err)
	}
	return nil
}

// ProposeErasure proposes to erase a whole contract that has ended. It is a duty of the
// client's contract manager. Nothing is erased until another one approves. Repeated, it
// is the same proposal.
func (er *Erasures) ProposeErasure(ctx context.Context, caller choke.Caller, id choke.ContractID, reason string) (Erasure, error) {
	if err := choke.CheckName("reason", reason); err != nil {
		return Erasure{}, err
	}
	var e Erasure
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionErasurePropose,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			s.Event().Private["note"] = reason
			return onErasable(ctx, tx, s, id)
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := proposeErasure(ctx, tx, s, reason)
			e, s.Event().Subject = erasureOf(row), string(row.ID)
			return err
		},
	})
	return e, err
}

func proposeErasure(ctx context.Context, tx *database.Tx, s *choke.Scene, reason string) (row queries.Erasure, err error) {
	earlier, err := tx.ErasuresOf(ctx, queries.ErasuresOfParams{Contract: s.Contract(), Document: ""})
	if err != nil {
		return row, fmt.Errorf("reading erasures: %w", err)
	}
	for _, e := range earlier {
		if e.Certified == 0 && (e.Decided > 0 || e.ProposedBy != s.Caller().Person) {
			return row, &choke.Conflict{Kind: choke.ConflictState, Detail: "an erasure of the contract is proposed or running: " + string(e.ID)}
		}
		if e.Certified == 0 {
			return e, nil
		}
	}
	copies, err := tx.CountContractKeyCopies(ctx, s.Contract())
	if err != nil {
		return row, fmt.Errorf("counting contract keys: %w", err)
	}
	if copies == 0 {
		return row, &choke.Conflict{Kind: choke.ConflictState, Detail: "the contract is erased"}
	}
	id := policy.NewID("x")
	err = tx.InsertErasure(ctx, queries.InsertErasureParams{ID: policy.ErasureID(id), Contract: s.Contract(), Reason: reason,
		ProposedBy: s.Caller().Person, Proposed: queries.At(s.Now()), Ledger: s.Ledger()})
	if err != nil {
		return row, fmt.Errorf("inserting erasure: %w", err)
	}
	return tx.Erasure(ctx, policy.ErasureID(id))
}

// ApproveErasure erases a contract. It destroys the contract's identities, which makes
// all documents unreadable at once, then their headers with the file names, then the
// objects. It is a duty of a contract manager who did not propose the erasure. Documents
// under a legal hold are spared. As long as there is one, the identities are spared too,
// and each other document loses its own header. Repeated, it is the same erasure.
func (er *Erasures) ApproveErasure(ctx context.Context, caller choke.Caller, id choke.ErasureID) (Erasure, error) {
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionContractErase,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := tx.ErasureForChange(ctx, id)
			if err != nil {
				return err
			}
			s.Facts().Proposal, s.Event().Subject = &policy.Proposal{By: row.ProposedBy}, string(row.ID)
			if row.Document != "" {
				return choke.ErrNotFound // the erasure of a document needs no approval
			}
			return onErasable(ctx, tx, s, row.Contract)
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			return decideErasure(ctx, tx, s, id)
		},
	})
	if err != nil {
		return Erasure{}, err
	}
	return er.executeErasure(ctx, id)
}

func decideErasure(ctx context.Context, tx *database.Tx, s *choke.Scene, id choke.ErasureID) error {
	n, err := tx.DecideErasure(ctx, queries.DecideErasureParams{ID: id, DecidedBy: s.Caller().Person,
		Decided: queries.At(s.Now()), Ledger: s.Ledger(), Event: s.Event().ID})
	if err != nil {
		return fmt.Errorf("deciding erasure: %w", err)
	}
	if n == 0 {
		return nil // decided before, and still running
	}
	held, err := tx.HeldDocuments(ctx, s.Contract())
	if err != nil {
		return fmt.Errorf("reading held documents: %w", err)
	}
	if err := dropContract(ctx, tx, id, s.Contract(), held, s.Now()); err != nil {
		return err
	}
	if s.Facts().Contract.Status == policy.StatusTerminated {
		return nil
	}
	// An expired contract could be prolonged. It would then take documents without an
	// identity to open them.
	return choke.ChangeStatus(ctx, tx, s, s.Contract(), policy.StatusTerminated, "erased", s.Facts().Contract.Status)
}

// dropContract destroys the identities of a contract, unless documents are spared.
func dropContract(ctx context.Context, tx *database.Tx, erasure choke.ErasureID, contract choke.ContractID, spared []choke.DocumentID, now time.Time) error {
	for _, document := range spared {
		err := tx.InsertErasureException(ctx, queries.InsertErasureExceptionParams{Erasure: erasure, Document: document})
		if err != nil {
			return fmt.Errorf("inserting exception: %w", err)
		}
	}
	if len(spared) > 0 {
		return nil
	}
	if _, err := tx.DeleteContractKeyCopies(ctx, contract); err != nil {
		return fmt.Errorf("deleting contract keys: %w", err)
	}
	// A running rotation has no identity left to rewrap for, and would fail for ever.
	if err := tx.EndKeyRotation(ctx, queries.EndKeyRotationParams{Contract: contract, Finished: queries.At(now)}); err != nil {
		return fmt.Errorf("ending key rotation: %w", err)
	}
	return nil
}

// Erasure gives the record of an erasure, with its certificate.
func (er *Erasures) Erasure(ctx context.Context, caller choke.Caller, id choke.ErasureID) (Erasure, error) {
	var e Erasure
	_, err := er.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionErasureRead,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := tx.Erasure(ctx, id)
			if err != nil {
				return err
			}
			e = erasureOf(row)
			if err := s.OnContract(ctx, tx, e.Contract); err != nil {
				return err
			}
			s.Event().Document, s.Event().Subject = string(row.Document), string(row.ID)
			s.OnDuty()
			return hideUnsent(ctx, tx, s, row.Document)
		},
	})
	if err != nil {
		return Erasure{}, err
	}
	return e, nil
}

func erasureOf(row queries.Erasure) Erasure {
	e := Erasure{ID: row.ID, Contract: row.Contract, Document: row.Document, Reason: row.Reason,
		ProposedBy: row.ProposedBy, DecidedBy: row.DecidedBy, Proposed: row.Proposed.Time(),
		Decided: row.Decided.Time(), Certified: row.Certified.Time(), Certificate: row.Certificate}
	switch {
	case row.Certified > 0:
		e.State = ErasureCertified
	case row.Decided > 0:
		e.State = ErasureRunning
	default:
		e.State = ErasureProposed
	}
	return e
}
