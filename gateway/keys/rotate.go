package keys

import (
	"context"
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Rotation is the replacement of a contract's identity.
type Rotation struct {
	Contract choke.ContractID `json:"contract"`
	Epoch    int64            `json:"epoch"`    // the new one
	Headers  int64            `json:"headers"`  // documents' headers to rewrap, when it began
	Left     int64            `json:"left"`     // headers left to rewrap
	Failed   int64            `json:"failed"`   // headers left that do not open, and stay with the earlier key
	Finished bool             `json:"finished"` // the earlier keys are destroyed
}

// LocalRotateContract gives a contract a new identity, as the owner of the machine. From
// now on documents are sealed to it. ContinueRotation, which Run calls too, rewraps the
// headers of earlier documents. It returns a *Conflict while a rotation runs, or if the
// contract has no identity.
func (kp *Keeper) LocalRotateContract(ctx context.Context, id choke.ContractID) (Rotation, error) {
	c, err := kp.contractRow(ctx, id)
	if err != nil {
		return Rotation{}, err
	}
	r := Rotation{Contract: id}
	e := kp.owner.KeyEvent(policy.ActionKeyRotate, id, 0)
	err = kp.owner.Record(ctx, c.ledger, e, func(ctx context.Context, tx *database.Tx) (bool, error) {
		if err := kp.beginRotation(ctx, tx, &r, e); err != nil {
			return false, err
		}
		e.Private["epoch"] = fmt.Sprint(r.Epoch) // the event in the outbox has this map
		return true, nil
	})
	return r, err
}

func (kp *Keeper) beginRotation(ctx context.Context, tx *database.Tx, r *Rotation, e event.Event) error {
	// Each act on a contract's documents locks this row. An act that seals to the old
	// identity has committed before us, and is counted, or it sees the new identity.
	if _, err := tx.ContractStatusForChange(ctx, r.Contract); err != nil {
		return fmt.Errorf("reading contract status: %w", err)
	}
	if _, err := tx.RunningKeyRotation(ctx, r.Contract); !choke.IsNoRows(err) {
		return choke.OrConflict(err, &choke.Conflict{Kind: choke.ConflictState, Detail: "a rotation of this contract's key is running"})
	}
	current, err := tx.CurrentContractKey(ctx, r.Contract)
	if choke.IsNoRows(err) {
		return &choke.Conflict{Kind: choke.ConflictState, Detail: "the contract has no key: it was never approved"}
	}
	if err != nil {
		return fmt.Errorf("reading contract key: %w", err)
	}
	copies, err := copiesOf(ctx, tx, Epoch{r.Contract, current.Epoch})
	if err != nil {
		return err
	}
	if len(copies) == 0 {
		return &choke.Conflict{Kind: choke.ConflictState, Detail: "the contract's key was destroyed"}
	}
	r.Epoch = current.Epoch + 1
	if err := kp.newIdentity(ctx, tx, r.Contract, r.Epoch, e.Occurred); err != nil {
		return err
	}
	if r.Headers, err = tx.CountHeaders(ctx, queries.CountHeadersParams{Contract: r.Contract, Epoch: r.Epoch}); err != nil {
		return fmt.Errorf("counting headers: %w", err)
	}
	r.Left = r.Headers
	return tx.InsertKeyRotation(ctx, queries.InsertKeyRotationParams{Contract: r.Contract, Epoch: r.Epoch,
		Headers: r.Headers, Started: queries.At(e.Occurred)})
}

// ContinueRotation rewraps the headers that a running rotation has left. When none is
// left, it destroys the earlier keys. It reads and moves no body. It may run on any
// number of replicas at once, and may be interrupted anywhere: each header is replaced in
// one transaction, and only if it still is the header that was read.
//
// A rotation whose headers are done waits for uploads that began before it, and is not
// finished until then. Without a running rotation it returns the contract's last one, as
// finished.
func (kp *Keeper) ContinueRotation(ctx context.Context, id choke.ContractID, progress choke.Progress) (Rotation, error) {
	r := Rotation{Contract: id, Finished: true}
	w, err := kp.rewrapper(ctx, &r)
	if err != nil || r.Finished {
		return r, err
	}
	for {
		progress.Tell(max(r.Headers-r.Left, 0), r.Headers)
		rows, err := w.page(ctx)
		if err != nil {
			return r, err
		}
		if len(rows) == 0 {
			break
		}
		done, err := w.replace(ctx, rows)
		if err != nil {
			return r, err
		}
		r.Left -= done
	}
	r.Failed = w.failed
	return r, kp.finishRotation(ctx, &r, w.started)
}

// rewrapper rewraps one contract's headers for its newest identity.
type rewrapper struct {
	keeper   *Keeper
	contract choke.ContractID
	epoch    int64
	started  queries.Micros
	identity *crypto.Identity // the new one
	after    string           // the last document that was looked at
	failed   int64
}

func (kp *Keeper) rewrapper(ctx context.Context, r *Rotation) (*rewrapper, error) {
	w := &rewrapper{keeper: kp, contract: r.Contract}
	err := kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		row, err := tx.RunningKeyRotation(ctx, r.Contract)
		if choke.IsNoRows(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading rotation: %w", err)
		}
		r.Finished, r.Epoch, r.Headers = false, row.Epoch, row.Headers
		w.epoch, w.started = row.Epoch, row.Started
		if r.Left, err = tx.CountHeaders(ctx, queries.CountHeadersParams{Contract: row.Contract, Epoch: row.Epoch}); err != nil {
			return fmt.Errorf("counting headers: %w", err)
		}
		if w.identity, err = kp.Identity(ctx, tx, Epoch{r.Contract, row.Epoch}); err != nil {
			return fmt.Errorf("opening contract identity: %w", err)
		}
		return nil
	})
	return w, choke.Unavailable(err)
}

// page reads the next headers of earlier epochs.
func (w *rewrapper) page(ctx context.Context) ([]queries.HeadersOfContractRow, error) {
	var rows []queries.HeadersOfContractRow
	err := w.keeper.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		rows, err = tx.HeadersOfContract(ctx, queries.HeadersOfContractParams{Contract: w.contract, After: policy.DocumentID(w.after),
			BeforeEpoch: w.epoch, Limit: 128})
		return err
	})
	if err != nil {
		return nil, choke.Unavailable(fmt.Errorf("reading headers: %w", err))
	}
	return rows, nil
}

// replace rewraps the headers and writes them in one transaction. It leaves a header that
// does not open, and logs it.
func (w *rewrapper) replace(ctx context.Context, rows []queries.HeadersOfContractRow) (done int64, err error) {
	g := w.keeper
	var replacements []queries.ReplaceHeaderParams
	for _, row := range rows {
		w.after = string(row.Document)
		header, err := w.rewrap(ctx, row)
		if errors.Is(err, choke.ErrUnavailable) || ctx.Err() != nil {
			return 0, errors.Join(err, ctx.Err())
		}
		if err != nil {
			w.failed++
			g.log.Error("rewrapping a header failed", "document", row.Document, "epoch", row.Epoch, "error", err)
			continue
		}
		replacements = append(replacements, queries.ReplaceHeaderParams{Document: row.Document, Epoch: row.Epoch, Header: header, NewEpoch: w.epoch})
	}
	err = g.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error {
		done = 0
		for _, r := range replacements {
			n, err := tx.ReplaceHeader(ctx, r)
			if err != nil {
				return fmt.Errorf("replacing header: %w", err)
			}
			done += n
		}
		return nil
	})
	return done, choke.Unavailable(err)
}

// rewrap returns the header for the new identity, after it has opened the document's
// header with the new one.
func (w *rewrapper) rewrap(ctx context.Context, row queries.HeadersOfContractRow) (header []byte, err error) {
	var old *crypto.Identity
	err = w.keeper.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		old, err = w.keeper.Identity(ctx, tx, Epoch{w.contract, row.Epoch})
		return err
	})
	if err != nil {
		return nil, choke.Unavailable(err)
	}
	if header, err = crypto.Rewrap(row.Header, old, w.identity.Recipient()); err != nil {
		return nil, err
	}
	return header, crypto.CheckHeader(header, w.identity)
}

// finishRotation destroys the earlier keys when nothing needs them any more.
func (kp *Keeper) finishRotation(ctx context.Context, r *Rotation, started queries.Micros) error {
	c, err := kp.contractRow(ctx, r.Contract)
	if err != nil {
		return err
	}
	err = kp.owner.Record(ctx, c.ledger, kp.owner.KeyEvent(policy.ActionKeyRetire, r.Contract, r.Epoch), func(ctx context.Context, tx *database.Tx) (bool, error) {
		r.Finished = false
		// As in beginRotation: no act is between reading a header and opening its
		// identity.
		if _, err := tx.ContractStatusForChange(ctx, r.Contract); err != nil {
			return false, fmt.Errorf("reading contract status: %w", err)
		}
		if r.Left, err = tx.CountHeaders(ctx, queries.CountHeadersParams{Contract: r.Contract, Epoch: r.Epoch}); err != nil {
			return false, fmt.Errorf("counting headers: %w", err)
		}
		uploads, err := tx.UploadsBefore(ctx, queries.UploadsBeforeParams{Contract: r.Contract, Moment: started})
		if err != nil {
			return false, fmt.Errorf("counting uploads: %w", err)
		}
		if r.Left > 0 || uploads > 0 {
			return false, nil
		}
		n, err := tx.FinishKeyRotation(ctx, queries.FinishKeyRotationParams{Contract: r.Contract, Epoch: r.Epoch, Finished: queries.At(kp.door.Now())})
		r.Finished = err == nil
		if err != nil || n == 0 {
			return false, err // another replica was first
		}
		_, err = tx.DeleteEarlierContractKeyCopies(ctx, queries.DeleteEarlierContractKeyCopiesParams{Contract: r.Contract, Epoch: r.Epoch})
		return true, err
	})
	if r.Finished && err == nil {
		kp.forgetEarlier(Epoch{r.Contract, r.Epoch})
	}
	return err
}

// ContinueRotations continues every running rotation.
func (kp *Keeper) ContinueRotations(ctx context.Context) error {
	after := ""
	var failures error
	for {
		var rows []queries.KeyRotation
		err := kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			rows, err = tx.RunningKeyRotations(ctx, queries.RunningKeyRotationsParams{After: policy.ContractID(after), Limit: 100})
			return err
		})
		if err != nil || len(rows) == 0 {
			return errors.Join(failures, choke.Unavailable(err))
		}
		for _, row := range rows {
			after = string(row.Contract)
			if _, err := kp.ContinueRotation(ctx, row.Contract, nil); err != nil {
				failures = errors.Join(failures, fmt.Errorf("rotating the key of %s: %w", row.Contract, err))
			}
		}
	}
}
