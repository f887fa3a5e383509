package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// OpenBatch opens a batch under a contract. If there is a batch with this reference, in
// any state but withdrawn, it returns that batch, and opened is false.
func (g *Gateway) OpenBatch(ctx context.Context, caller Caller, contract ContractID, reference string) (b Batch, opened bool, err error) {
	if err := policy.ParseReference(reference); err != nil {
		return Batch{}, false, &Invalid{Kind: InvalidReference, Field: "reference", Detail: err.Error()}
	}
	_, err = g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionBatchOpen,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			return s.OnContract(ctx, tx, contract)
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			var id BatchID
			if id, opened, err = insertBatch(ctx, tx, s, contract, reference); err != nil {
				return err
			}
			s.Event().Batch = string(id)
			b, err = readBatch(ctx, tx, id)
			return err
		},
	})
	return b, opened, err
}

func insertBatch(ctx context.Context, tx *database.Tx, s *choke.Scene, contract ContractID, reference string) (id BatchID, opened bool, err error) {
	earlier, err := tx.BatchByReference(ctx, queries.BatchByReferenceParams{Contract: contract, Reference: reference})
	if err == nil {
		return earlier.ID, false, nil
	}
	if !choke.IsNoRows(err) {
		return "", false, fmt.Errorf("reading batch by reference: %w", err)
	}
	id = BatchID(policy.NewID("b"))
	n, err := tx.InsertBatch(ctx, queries.InsertBatchParams{ID: id, Contract: contract, Reference: reference,
		OpenedBy: s.Caller().Person, Opened: queries.At(s.Now())})
	if err != nil {
		return "", false, fmt.Errorf("inserting batch: %w", err)
	}
	if n == 0 {
		return "", false, &Conflict{Kind: ConflictReferenceTaken, Detail: "another request has just taken the reference"}
	}
	return id, true, tx.InsertBatchState(ctx, queries.InsertBatchStateParams{ID: policy.NewID("s"), Batch: id,
		State: policy.BatchOpen, ChangedBy: s.Caller().Person, ValidFrom: queries.At(s.Now())})
}

// Manifest is what a client declares when it seals a batch. It must match what was
// received.
type Manifest struct {
	Documents int64            `json:"documents"`
	Bytes     int64            `json:"bytes"`            // plaintext bytes of all documents
	Totals    map[string]int64 `json:"totals,omitempty"` // the client's own control totals, in their smallest units
}

// maxTotals bounds the totals of a manifest.
const maxTotals = 64

// SealBatch closes a batch. After that the batch takes no more documents and can be
// assigned. If it was sealed with the same manifest already, it returns that batch.
func (g *Gateway) SealBatch(ctx context.Context, caller Caller, id BatchID, m Manifest) (Batch, error) {
	text, err := m.encode()
	if err != nil {
		return Batch{}, err
	}
	var b Batch
	type sealing struct {
		batch queries.Batch
		state queries.BatchState
	}
	_, err = g.door.Do(ctx, caller, choke.Hand(policy.ActionBatchSeal,
		func(ctx context.Context, tx *database.Tx, s *choke.Scene) (read sealing, err error) {
			// This lock comes before the shared lock of OnContract, so that two changes
			// at once queue and do not deadlock.
			if read.state, err = tx.BatchStateForChange(ctx, id); err != nil {
				return read, err
			}
			state := read.state.State
			if read.batch, err = s.OnBatchIn(ctx, tx, id, state); err != nil {
				return read, err
			}
			s.Facts().Batch.Resent = state == policy.BatchSealed && read.batch.Manifest == text
			return read, nil
		},
		func(ctx context.Context, tx *database.Tx, s *choke.Scene, read sealing) error {
			s.Event().Length = m.Bytes
			if read.state.State == policy.BatchSealed { // the request was sent again
				b, err = batchOf(ctx, tx, read.batch, read.state.State, read.state.ValidFrom)
				return err
			}
			received, err := seal(ctx, tx, s, read.state, m, text)
			if err != nil {
				return err
			}
			read.batch.Manifest, read.state.State, read.state.ValidFrom = text, policy.BatchSealed, queries.At(s.Now())
			b, err = batchFrom(read.batch, read.state.State, read.state.ValidFrom, received)
			return err
		}))
	return b, err
}

func (m Manifest) encode() (string, error) {
	if m.Documents < 0 || m.Bytes < 0 || len(m.Totals) > maxTotals {
		return "", &Invalid{Kind: InvalidParameter, Field: "manifest", Detail: "counts must not be negative, and the totals at most " + strconv.Itoa(maxTotals)}
	}
	for name := range m.Totals {
		if policy.ParseReference(name) != nil || len(name) > 64 {
			return "", &Invalid{Kind: InvalidParameter, Field: "totals", Detail: "a total's name must be a reference of at most 64 bytes"}
		}
	}
	text, err := json.Marshal(m) // a map is encoded in the order of its keys
	return string(text), err
}

// seal closes an open batch if what was received matches the manifest, and returns what
// was received.
func seal(ctx context.Context, tx *database.Tx, s *choke.Scene, state queries.BatchState, m Manifest, text string) (received queries.BatchTotalsRow, err error) {
	id := state.Batch
	running, err := tx.UploadsInProgress(ctx, id)
	if err != nil {
		return received, fmt.Errorf("counting uploads: %w", err)
	}
	if running > 0 {
		return received, &Conflict{Kind: ConflictUploadInProgress, Detail: fmt.Sprintf("%d uploads into the batch are still running", running)}
	}
	if received, err = tx.BatchTotals(ctx, id); err != nil {
		return received, fmt.Errorf("summing batch: %w", err)
	}
	if err := checkManifest(received, m); err != nil {
		return received, err
	}
	if err := tx.SetManifest(ctx, queries.SetManifestParams{ID: id, Manifest: text}); err != nil {
		return received, fmt.Errorf("keeping manifest: %w", err)
	}
	n, err := tx.EndBatchState(ctx, queries.EndBatchStateParams{ID: state.ID, ValidUntil: queries.At(s.Now())})
	if err != nil {
		return received, fmt.Errorf("ending batch state: %w", err)
	}
	if n == 0 {
		return received, &Conflict{Kind: ConflictState, Detail: "the batch has just changed"}
	}
	return received, tx.InsertBatchState(ctx, queries.InsertBatchStateParams{ID: policy.NewID("s"), Batch: id,
		State: policy.BatchSealed, ChangedBy: s.Caller().Person, ValidFrom: queries.At(s.Now())})
}

func checkManifest(received queries.BatchTotalsRow, m Manifest) error {
	if received.Documents != m.Documents || received.Bytes != m.Bytes {
		return &Conflict{Kind: ConflictManifest, Detail: fmt.Sprintf("declared %d documents of %d bytes, received %d of %d",
			m.Documents, m.Bytes, received.Documents, received.Bytes)}
	}
	return nil
}

// Batch returns a batch.
func (g *Gateway) Batch(ctx context.Context, caller Caller, id BatchID) (Batch, error) {
	var b Batch
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionBatchRead,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			_, err := s.OnBatch(ctx, tx, id)
			return err
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			b, err = readBatch(ctx, tx, id)
			return err
		},
	})
	return b, err
}

func readBatch(ctx context.Context, tx *database.Tx, id BatchID) (Batch, error) {
	row, err := tx.Batch(ctx, id)
	if err != nil {
		return Batch{}, fmt.Errorf("reading batch: %w", err)
	}
	state, err := tx.BatchState(ctx, row.ID)
	if err != nil {
		return Batch{}, fmt.Errorf("reading batch state: %w", err)
	}
	return batchOf(ctx, tx, row, state.State, state.ValidFrom)
}

func batchOf(ctx context.Context, tx *database.Tx, row queries.Batch, state policy.BatchState, since queries.Micros) (Batch, error) {
	received, err := tx.BatchTotals(ctx, row.ID)
	if err != nil {
		return Batch{}, fmt.Errorf("summing batch: %w", err)
	}
	return batchFrom(row, state, since, received)
}

// batchFrom returns a batch as callers get it. It is in this state since then.
func batchFrom(row queries.Batch, state policy.BatchState, since queries.Micros, received queries.BatchTotalsRow) (Batch, error) {
	b := Batch{ID: row.ID, Contract: row.Contract, Reference: row.Reference,
		State: state, Opened: row.Opened.Time(), Documents: received.Documents, Bytes: received.Bytes}
	switch b.State {
	case policy.BatchSealed:
		b.Sealed = since.Time()
	case policy.BatchWithdrawn:
		b.Withdrawn = since.Time()
	}
	if row.Manifest != "" {
		var m Manifest
		if err := json.Unmarshal([]byte(row.Manifest), &m); err != nil {
			return Batch{}, fmt.Errorf("reading stored manifest: %w", err)
		}
		b.Totals = m.Totals
	}
	return b, nil
}

// BatchFilter restricts a listing of batches.
type BatchFilter struct {
	State        policy.BatchState // empty: any
	Reference    string            // exactly; empty: any
	AssignedToMe bool
}

// Batches lists, oldest first, the batches of contracts on which the caller holds a role.
// A batch that its contract hides is left out, because a listing never says more than
// single reads would.
func (g *Gateway) Batches(ctx context.Context, caller Caller, filter BatchFilter, page Page) ([]Batch, string, error) {
	opened, after, err := parseBatchCursor(page.After)
	if err != nil {
		return nil, "", err
	}
	if filter.Reference != "" {
		if err := policy.ParseReference(filter.Reference); err != nil {
			return nil, "", &Invalid{Kind: InvalidReference, Field: "reference", Detail: err.Error()}
		}
	}
	var list []Batch
	var next string
	_, err = g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionBatchList,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			return s.OnOwn(ctx, tx)
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			params := queries.BatchesParams{AfterOpened: opened, After: after, State: string(filter.State), Reference: filter.Reference,
				Person: caller.Person, Now: queries.At(s.Now()), Limit: page.Rows()}
			if filter.AssignedToMe {
				params.Assigned = string(caller.Person)
			}
			list, next, err = listBatches(ctx, tx, s, params)
			return err
		},
	})
	return list, next, err
}

// listBatches reads rows until the page is full of batches that the caller may see.
func listBatches(ctx context.Context, tx *database.Tx, s *choke.Scene, params queries.BatchesParams) (list []Batch, next string, err error) {
	may := s.Allowance()
	for {
		rows, err := tx.Batches(ctx, params)
		if err != nil {
			return nil, "", fmt.Errorf("listing batches: %w", err)
		}
		for _, row := range rows {
			params.AfterOpened, params.After = row.Batch.Opened, row.Batch.ID
			if ok, err := may.Batch(ctx, tx, row.Batch.Contract, row.State); err != nil {
				return nil, "", err
			} else if !ok {
				continue
			}
			b, err := batchOf(ctx, tx, row.Batch, row.State, row.StateFrom)
			if err != nil {
				return nil, "", err
			}
			if list = append(list, b); len(list) == int(params.Limit) {
				return list, strconv.FormatInt(int64(row.Batch.Opened), 10) + "." + string(row.Batch.ID), nil
			}
		}
		if len(rows) < int(params.Limit) {
			return list, "", nil
		}
	}
}

// parseBatchCursor reads the `opened.id` of the last row of an earlier page.
func parseBatchCursor(cursor string) (opened queries.Micros, id BatchID, err error) {
	if cursor == "" {
		return 0, "", nil
	}
	at, after, _ := strings.Cut(cursor, ".")
	us, err := strconv.ParseInt(at, 10, 64)
	if err != nil || policy.ParseIdentifier("b", after) != nil {
		return 0, "", choke.ErrCursor
	}
	return queries.Micros(us), BatchID(after), nil
}
