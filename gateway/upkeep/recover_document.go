package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/gateway/keys"
	"github.com/bordereau/bordereau/policy"
)

// document recovers one document. An error stops the whole recovery. A failure of this
// document alone is in the returned line.
//
//  1. A file that is there already, and is the document, stays. No byte leaves, and
//     nothing is recorded.
//  2. The grant commits in the transaction that reads header and identity. Die from here
//     on: a replica closes it as unknown.
//  3. The body is written to a file without a name, and verified meanwhile. Then the file
//     gets its name.
//  4. completed, or aborted.
func (r *recovery) document(ctx context.Context, c queries.Contract, row queries.ReceivedDocumentsRow) (Recovered, error) {
	d := record(c, row)
	body, err := r.opened(ctx, row.Document, &d)
	if err != nil {
		return r.unopened(ctx, d, err)
	}
	d.Path = r.path(d)
	there, err := r.present(ctx, body, d.Path)
	switch {
	case errors.Is(err, choke.ErrReceiver) || ctx.Err() != nil:
		return Recovered{}, errors.Join(err, ctx.Err())
	case err != nil:
		return d.failed(RecoveryOtherFile, err), nil
	case there:
		d.Status = RecoveryPresent
		return d, nil
	}
	grant, body, err := r.grant(ctx, c, row.Document)
	if err != nil {
		return r.unopened(ctx, d, err)
	}
	err = r.write(d.Path, func(w io.Writer) error {
		if r.Age {
			return r.upkeep.keys.VerifyBody(ctx, body, w, io.Discard)
		}
		return r.upkeep.keys.VerifyBody(ctx, body, io.Discard, w)
	})
	if ended := r.end(ctx, c, grant, err); ended != nil {
		return Recovered{}, errors.Join(err, ended)
	}
	return d.ended(ctx, err)
}

// opened reads what opening the document needs, and the rest of its record.
func (r *recovery) opened(ctx context.Context, row queries.Document, d *Recovered) (body keys.SealedBody, err error) {
	err = r.upkeep.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		header, err := tx.DocumentHeader(ctx, row.ID)
		if err != nil {
			return err
		}
		d.FileName, d.Epoch = header.FileName, header.Epoch
		body, err = r.upkeep.keys.ReadBody(ctx, tx, row)
		return err
	})
	return body, err
}

// unopened says why a document cannot be opened at all.
func (r *recovery) unopened(ctx context.Context, d Recovered, cause error) (Recovered, error) {
	if reason := identityFailure(cause); reason != "" && ctx.Err() == nil {
		return d.failed(reason, cause), nil
	}
	if !choke.IsNoRows(cause) {
		return Recovered{}, cause
	}
	d.FileName, d.Epoch, d.Path = "", 0, ""
	erased := false
	err := r.upkeep.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.ErasedDocument(ctx, d.Document)
		erased = err == nil
		return choke.IgnoreNoRows(err)
	})
	switch {
	case err != nil:
		return Recovered{}, fmt.Errorf("reading erasure: %w", err)
	case erased:
		d.Status = RecoveryErased
		return d, nil
	}
	return d.failed(RecoveryHeaderMissing, errors.New("the database has no header for it, and it was not erased")), nil
}

// present says whether the document is there already. Another file under its name is an
// error.
func (r *recovery) present(ctx context.Context, body keys.SealedBody, path string) (bool, error) {
	file, err := r.To.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", choke.ErrReceiver, err)
	}
	defer file.Close()
	if r.Age {
		err = body.CheckAge(ctx, file)
	} else {
		err = body.Check(file, keys.NewReceiving(ctx, io.Discard))
	}
	return err == nil, err
}

// grant records that the document leaves. The recovery opens what the same transaction
// read, so that it does not open a document that was erased meanwhile.
func (r *recovery) grant(ctx context.Context, c queries.Contract, row queries.Document) (e event.Event, body keys.SealedBody, err error) {
	e = r.upkeep.owner.Event(policy.ActionDocumentRecover)
	e.Phase, e.Contract, e.Version, e.Provider = event.PhaseGrant, string(c.ID), row.Version, string(c.Provider)
	e.Batch, e.Document, e.Class, e.Length = string(row.Batch), string(row.ID), string(row.Class), row.Size
	e.Private["form"] = "plaintext"
	if r.Age {
		e.Private["form"] = "age"
	}
	err = r.upkeep.owner.Record(ctx, string(c.Client), e, func(ctx context.Context, tx *database.Tx) (_ bool, err error) {
		body, err = r.upkeep.keys.ReadBody(ctx, tx, row)
		return err == nil, err
	})
	return e, body, err
}

// end records how it ended, even if the recovery was interrupted.
func (r *recovery) end(ctx context.Context, c queries.Contract, grant event.Event, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), choke.CleanUp)
	defer cancel()
	e := grant
	e.ID, e.Grant, e.Occurred, e.Phase, e.Bytes = event.NewID(), grant.ID, r.upkeep.door.Now(), event.PhaseCompleted, grant.Length
	if cause != nil {
		e.Phase, e.Outcome, e.Bytes, e.Reason = event.PhaseAborted, event.OutcomeError, 0, choke.FailureReason(cause)
	}
	if errors.Is(cause, choke.ErrReceiver) {
		e.Reason = "failed" // there is no client that could leave
	}
	return r.upkeep.owner.Record(ctx, string(c.Client), e, nil)
}

// ended returns the outcome of a document that was opened.
func (d Recovered) ended(ctx context.Context, err error) (Recovered, error) {
	switch {
	case err == nil:
		d.Status = RecoveryDone
		return d, nil
	case errors.Is(err, choke.ErrReceiver) || ctx.Err() != nil:
		return Recovered{}, err
	case errors.Is(err, choke.ErrObjectMissing):
		return d.failed(RecoveryMissingBody, err), nil
	case errors.Is(err, choke.ErrTampered):
		return d.failed(RecoveryTampered, err), nil
	default:
		return d.failed(RecoveryStoreFailed, err), nil
	}
}
