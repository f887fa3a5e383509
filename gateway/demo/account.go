package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bordereau/bordereau/gateway/api"
)

// account lets the compliance officers ask, and proves that the answer is complete.
func (p *player) account(ctx context.Context, trades []*trade) {
	p.chapter("What the officers can tell")
	for _, t := range trades {
		p.whoRead(ctx, t)
	}
	p.whatWasRefused(ctx, trades[0])
	p.otherLedger(ctx, trades[0])
	p.head(ctx, trades[0])
	if p.config.Verify != nil {
		summary, err := p.config.Verify(ctx)
		_ = p.did(err, "the ledgers are verified from the outside: %s", summary)
	}
}

// whoRead asks which people read a trade's first document: only its handler, as often as
// in the story.
func (p *player) whoRead(ctx context.Context, t *trade) {
	officer, handler, x := p.cast[t.officer], p.cast[t.handler()], t.sent[0]
	page, err := p.events(ctx, api.ListEventsParams{Ledger: p.organisations[t.client].id, Document: &x.document.ID,
		Action: text("document.read"), Outcome: outcome(api.OutcomeAllow)}, p.as(officer))
	grants := 0
	for _, e := range page.Items {
		if e.Actor != handler.id {
			err = errors.Join(err, fmt.Errorf("event %s says that %s read it", e.ID, e.Actor))
		}
		if e.Phase == api.PhaseGrant {
			grants++
		}
	}
	if err == nil && grants != x.reads {
		err = fmt.Errorf("the ledger has %d grants", grants)
	}
	_ = p.did(err, "%s asks who read “%s”: %s, %s, under %s", officer.name, x.fileName, handler.name, times(x.reads), t.contract.Reference)
}

// whatWasRefused asks for all refusals about the first trade's document, and expects
// those that the story provoked.
func (p *player) whatWasRefused(ctx context.Context, t *trade) {
	officer, x := p.cast[t.officer], t.sent[0]
	page, err := p.events(ctx, api.ListEventsParams{Ledger: p.organisations[t.client].id, Document: &x.document.ID,
		Action: text("document.read"), Outcome: outcome(api.OutcomeDeny), Limit: limit(500)}, p.as(officer))
	found := map[string]string{} // reasons by person
	for _, e := range page.Items {
		found[e.Actor] = e.Reason
	}
	var told []string
	for _, key := range []string{t.handler(), t.handlers[1], t.manager, "hery", "operator"} {
		a := p.cast[key]
		if _, there := found[a.id]; err == nil && !there {
			err = fmt.Errorf("the ledger does not say that %s was refused", a.name)
		}
		told = append(told, fmt.Sprintf("%s (%s)", a.name, found[a.id]))
	}
	_ = p.did(err, "%s asks who was refused it: %s", officer.name, strings.Join(told, ", "))

	page, err = p.events(ctx, api.ListEventsParams{Ledger: p.organisations[t.client].id, Contract: &t.contract.ID,
		Outcome: outcome(api.OutcomeDeny), Limit: limit(500)}, p.as(officer))
	reasons := map[string]int{}
	for _, e := range page.Items {
		reasons[e.Reason]++
	}
	if err == nil && (reasons["same-person"] == 0 || reasons["unknown-class"] == 0 || reasons["batch-state"] == 0) {
		err = fmt.Errorf("the ledger does not tell all of it: %v", reasons)
	}
	_ = p.did(err, "… and what was refused under the contract: %s", strings.Join(slices.Sorted(maps.Keys(reasons)), ", "))
}

// otherLedger shows that another client cannot see a client's ledger.
func (p *player) otherLedger(ctx context.Context, t *trade) {
	outsider := p.cast["odile"]
	_, err := p.events(ctx, api.ListEventsParams{Ledger: p.organisations[t.client].id}, p.as(outsider))
	p.refused(err, refusal{status: 404, kind: "not-found"}, "for %s, officer of the other client, that ledger does not exist", outsider.name)
}

// head fetches the ledger's signed checkpoint, which an outsider can keep and compare.
func (p *player) head(ctx context.Context, t *trade) {
	note, err := p.checkpoint(ctx, p.organisations[t.client].id, p.as(p.cast[t.officer]))
	lines := strings.SplitN(note, "\n", 4)
	if err == nil && (len(lines) < 4 || !strings.HasSuffix(lines[0], "/"+p.organisations[t.client].id)) {
		err = fmt.Errorf("not a checkpoint of this ledger: %q", note)
	}
	if err != nil {
		_ = p.did(err, "%s keeps the signed checkpoint of the ledger", p.cast[t.officer].name)
		return
	}
	_ = p.did(nil, "%s keeps the signed checkpoint of the ledger: %s events, root %s", p.cast[t.officer].name, lines[1], lines[2])
}

func text(s string) *string { return &s }

func outcome(o api.Outcome) *api.Outcome { return &o }

func limit(n int32) *api.Limit { return &n }

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
