package evidence

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/bordereau/bordereau/audit/ask"

	"github.com/bordereau/bordereau/gateway/choke"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// What an evidence pack may hold. It is gathered in memory, because nothing of it may leave before it is known to be
// whole and not too large.
const (
	maxPackEvents = 10_000
	maxPackBytes  = 32 << 20 // of events with their private halves, and of terms
)

// maxPacks is how many packs are made at a time: what they hold in memory together stays bounded.
const maxPacks = 2

// PackQuestion is what an evidence pack answers: filters, or a named question whose answer is events.
type PackQuestion struct {
	LedgerQuestion
	// Since is the size of a checkpoint that the asker holds: the pack then proves that the ledger only grew since.
	Since int64 `json:",omitempty"`
}

// Pack is an evidence pack that may leave: the grant is durable in the ledger. Send it once, or Close it.
type Pack struct {
	Progress choke.Progress // is told how many files of the archive are written; may be nil

	evidence *Evidence
	grant    event.Event
	ledger   string
	release  func()

	manifest packManifest
	members  []packMember
	sent     int64
	ended    bool
}

// ExportPack answers a question to a ledger with an evidence pack: the events, and the proof of each under one checkpoint
// that was taken after them. docs/ledger.md has its form. Whoever may export may take one; that it holds the proofs of
// what its asker may see does not give the right to ask for others.
//
//  1. The act: `grant` in the ledger, with the question. Die from here on: it is closed as unknown, as if all had gone.
//  2. The answer is gathered; a pack that would be too large is refused, and the grant aborted.
//  3. Send: the archive, then `completed` or `aborted` with the bytes sent.
func (ev *Evidence) ExportPack(ctx context.Context, caller choke.Caller, ledger string, q PackQuestion) (*Pack, error) {
	text, err := q.writeDown()
	if err != nil {
		return nil, err
	}
	p, err := ev.newPack(ledger)
	if err != nil {
		return nil, err
	}
	look := choke.LoadLedger(ledger, text)
	s, err := ev.door.Do(ctx, caller, choke.Act{Action: policy.ActionAuditExport,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			s.Event().Phase, s.Event().Length = event.PhaseGrant, -1
			return look(ctx, tx, s)
		}})
	if err != nil {
		p.release()
		return nil, err
	}
	p.grant = *s.Event()
	mayRead := func(ctx context.Context, contract choke.ContractID) error {
		return ev.door.Ask(ctx, caller, choke.Act{Action: policy.ActionContractRead, Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if err := s.OnContract(ctx, tx, contract); err != nil {
				return err
			}
			s.OnDuty()
			return nil
		}})
	}
	return p.filled(ctx, q, scopeToOwn(s, &q.Query), mayRead)
}

// LocalPack is ExportPack for whoever holds the machine.
func (ev *Evidence) LocalPack(ctx context.Context, ledger string, q PackQuestion) (*Pack, error) {
	text, err := q.writeDown()
	if err != nil {
		return nil, err
	}
	p, err := ev.newPack(ledger)
	if err != nil {
		return nil, err
	}
	p.grant = event.Event{ID: event.NewID(), Occurred: ev.door.Now(), Phase: event.PhaseGrant, Length: -1,
		Action: event.Action(policy.ActionAuditExport), Actor: choke.System, Auth: "local", Outcome: event.OutcomeAllow, Reason: "local",
		Private: map[string]string{"question": text}}
	if err := ev.door.RecordOutcome(ctx, ledger, p.grant, nil); err != nil {
		p.release()
		return nil, err
	}
	return p.filled(ctx, q, true, func(context.Context, choke.ContractID) error { return nil })
}

// writeDown is the question as the ledger keeps it. One whose answer is sums is refused: there is nothing to prove.
func (q PackQuestion) writeDown() (string, error) {
	if q.Since < 0 {
		return "", &choke.Invalid{Kind: choke.InvalidParameter, Field: "since", Detail: "is no size of a ledger"}
	}
	named := func(n NamedQuestion) bool { return n.Name == q.Question && n.Shape == ask.ShapeEvents }
	if q.Question != "" && !slices.ContainsFunc(ask.Questions(), named) {
		return "", &choke.Invalid{Kind: choke.InvalidParameter, Field: "question", Detail: "is not one whose answer is events"}
	}
	return writeDown(q, q.Query)
}

// newPack waits for nobody: who comes when as many packs as may be are being made comes again later.
func (ev *Evidence) newPack(ledger string) (*Pack, error) {
	select {
	case ev.packs <- struct{}{}:
		return &Pack{evidence: ev, ledger: ledger, release: func() { <-ev.packs }}, nil
	default:
		return nil, fmt.Errorf("%w: as many evidence packs as may be are being made", choke.ErrUnavailable)
	}
}

// filled gathers what the pack holds, or ends it.
func (p *Pack) filled(ctx context.Context, q PackQuestion, any bool, mayRead func(context.Context, choke.ContractID) error) (*Pack, error) {
	if err := p.fill(ctx, q, any, mayRead); err != nil {
		p.end(ctx, err)
		return nil, choke.Unavailable(err)
	}
	return p, nil
}

func (p *Pack) fill(ctx context.Context, q PackQuestion, any bool, mayRead func(context.Context, choke.ContractID) error) error {
	c := &packContent{since: q.Since}
	if any {
		if err := p.evidence.gather(ctx, p.ledger, q.LedgerQuestion, c); err != nil {
			return err
		}
	}
	if err := p.evidence.gatherTerms(ctx, p.ledger, c, mayRead); err != nil {
		return err
	}
	var err error
	if c.export, err = p.evidence.ledger.StoredByID(ctx, p.ledger, p.grant.ID); err != nil {
		return fmt.Errorf("reading the export's own event: %w", err)
	}
	// After the rows: the one checkpoint covers all of them, and the export's event.
	if c.tree, err = p.evidence.ledger.Tree(ctx, p.ledger); err != nil {
		return err
	}
	if q.Since > c.tree.Size() {
		return &choke.Invalid{Kind: choke.InvalidParameter, Field: "since", Detail: "the ledger is not as large"}
	}
	p.manifest = c.manifest(p.ledger)
	if c.statements, err = p.evidence.keyStatements(p.ledger); err != nil {
		return err
	}
	p.members, err = c.members(p.evidence.ledger.VerifierKey(p.ledger))
	return err
}

// Send writes the archive. How it ended is in the ledger when Send returns, as far as the ledger can be reached. After an
// error what was written is not whole.
func (p *Pack) Send(ctx context.Context, w io.Writer) error {
	err := writePack(ctx, choke.Counting(receiver{w}, &p.sent), p.manifest, p.members, p.Progress)
	p.end(ctx, err)
	return choke.Unavailable(err)
}

// receiver marks the failures of whoever takes the pack away.
type receiver struct{ io.Writer }

func (r receiver) Write(b []byte) (int, error) {
	n, err := r.Writer.Write(b)
	if err != nil {
		err = fmt.Errorf("%w: %w", choke.ErrReceiver, err)
	}
	return n, err
}

// Close ends a Pack that was not sent.
func (p *Pack) Close() { p.end(context.Background(), choke.ErrReceiver) }

// end records, once, how the export ended.
func (p *Pack) end(ctx context.Context, cause error) {
	if p.ended {
		return
	}
	p.ended, p.members = true, nil
	p.release()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), choke.CleanUp)
	defer cancel()
	e := p.grant
	e.ID, e.Occurred, e.Grant, e.Bytes, e.Length = event.NewID(), p.evidence.door.Now(), p.grant.ID, p.sent, p.sent
	e.Phase, e.Outcome, e.Reason = event.PhaseCompleted, event.OutcomeAllow, string(policy.ReasonAllowed)
	if cause != nil {
		e.Phase, e.Outcome, e.Reason = event.PhaseAborted, event.OutcomeError, choke.FailureReason(cause)
	}
	if err := p.evidence.door.RecordOutcome(ctx, p.ledger, e, nil); err != nil {
		p.evidence.log.Error("recording the end of an export failed", "ledger", p.ledger, "error", err)
	}
}
