package evidence

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// The most that an evidence pack holds. It is gathered in memory, because no part of it
// may leave before it is known to be whole and not too large.
const (
	maxPackEvents = 10_000
	maxPackBytes  = 32 << 20 // of events, erasable data and terms
)

// maxPacks is how many packs are made at a time. It bounds the memory that they take
// together.
const maxPacks = 2

// PackQuestion is what an evidence pack answers: filters, or a named question whose
// answer is events.
type PackQuestion struct {
	LedgerQuestion
	// Since is the size of a checkpoint that the asker holds. The pack then proves that
	// the ledger only grew since.
	Since int64 `json:",omitempty"`
}

// Pack is an evidence pack that may leave, because its grant is durable in the ledger.
// Send it once, or Close it.
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

// ExportPack answers a question to a ledger with an evidence pack: the events, and the
// proof of each under one checkpoint that was taken after them. docs/ledger.md has its
// form. The right to export is enough to take one. A pack holds proofs of the events that
// its asker may see, and gives no right to ask for other proofs.
//
//  1. The act: `grant` in the ledger, with the question. Die from here on: the grant is
//     closed as unknown, as if the whole pack had been sent.
//  2. The answer is gathered. A pack that would be too large is refused, and the grant
//     aborted.
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
	load := choke.LoadLedger(ledger, text)
	s, err := ev.door.Do(ctx, caller, choke.Act{Action: policy.ActionAuditExport,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			s.Event().Phase, s.Event().Length = event.PhaseGrant, -1
			return load(ctx, tx, s)
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
	return p.filled(ctx, q, scopeToOwn(s, &q.Query), onBehalf{s.View, mayRead})
}

// onBehalf is what a pack may hold beside the events: it depends on the asker.
type onBehalf struct {
	view    view
	mayRead func(ctx context.Context, contract choke.ContractID) error
}

// LocalPack is ExportPack for the machine's owner.
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
	mayRead := func(context.Context, choke.ContractID) error { return nil }
	return p.filled(ctx, q, true, onBehalf{ev.owner.View, mayRead})
}

// writeDown is the question as the ledger keeps it. A question whose answer is sums is
// refused, because no proof covers a sum.
func (q PackQuestion) writeDown() (string, error) {
	if q.Since < 0 {
		return "", &choke.Invalid{Kind: choke.InvalidParameter, Field: "since", Detail: "must be the size of a checkpoint that you hold, or 0"}
	}
	named := func(n NamedQuestion) bool { return n.Name == q.Question && n.Shape == ask.ShapeEvents }
	if q.Question != "" && !slices.ContainsFunc(ask.Questions(), named) {
		return "", &choke.Invalid{Kind: choke.InvalidParameter, Field: "question", Detail: "must be one whose answer is events"}
	}
	return writeDown(q, q.Query)
}

// newPack does not wait. While maxPacks packs are being made it refuses, and the client
// tries again later.
func (ev *Evidence) newPack(ledger string) (*Pack, error) {
	select {
	case ev.packs <- struct{}{}:
		return &Pack{evidence: ev, ledger: ledger, release: func() { <-ev.packs }}, nil
	default:
		return nil, fmt.Errorf("%w: %d evidence packs are being made, and that is the most at a time", choke.ErrUnavailable, maxPacks)
	}
}

// filled gathers what the pack holds, or ends it. With any false no event answers the
// question.
func (p *Pack) filled(ctx context.Context, q PackQuestion, any bool, asker onBehalf) (*Pack, error) {
	if err := p.fill(ctx, q, any, asker); err != nil {
		p.end(ctx, err)
		return nil, choke.Unavailable(err)
	}
	return p, nil
}

func (p *Pack) fill(ctx context.Context, q PackQuestion, any bool, asker onBehalf) error {
	c := &packContent{since: q.Since}
	if any {
		if err := p.evidence.gather(ctx, p.ledger, q.LedgerQuestion, c); err != nil {
			return err
		}
	}
	if err := p.evidence.gatherTerms(ctx, p.ledger, c, asker); err != nil {
		return err
	}
	var err error
	if c.export, err = p.evidence.asker.StoredByID(ctx, p.ledger, p.grant.ID); err != nil {
		return fmt.Errorf("reading the export's own event: %w", err)
	}
	// The tree is read after the rows, so that its checkpoint covers all of them and the
	// export's own event.
	if c.tree, err = p.evidence.proofs.Tree(ctx, p.ledger); err != nil {
		return err
	}
	if q.Since > c.tree.Size() {
		return &choke.Invalid{Kind: choke.InvalidParameter, Field: "since", Detail: "is larger than the ledger"}
	}
	p.manifest = c.manifest(p.ledger)
	if c.statements, err = p.evidence.keyStatements(p.ledger); err != nil {
		return err
	}
	p.members, err = c.members(p.evidence.proofs.VerifierKey(p.ledger))
	return err
}

// Send writes the archive. When Send returns, the ledger holds how the export ended, as
// far as the ledger can be reached. After an error the archive is incomplete.
func (p *Pack) Send(ctx context.Context, w io.Writer) error {
	err := writePack(ctx, choke.Counting(receiver{w}, &p.sent), p.manifest, p.members, p.Progress)
	p.end(ctx, err)
	return choke.Unavailable(err)
}

// receiver marks failures of the connection to the client, to tell them from ours.
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
