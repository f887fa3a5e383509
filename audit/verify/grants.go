package verify

import (
	"cmp"
	"slices"

	"github.com/bordereau/bordereau/audit/event"
)

// maxOpen bounds the memory for grants that have not ended: about 200 MB in a forged
// copy, next to nothing in a real one.
const maxOpen = 1 << 20

// Grant is a granted access without an end in the copy. It still runs, or its node died
// and no replica has closed it as unknown yet. It is no sign of tampering.
type Grant struct {
	Seq int64  `json:"seq"`
	ID  string `json:"id"`
}

// grants holds the open grants by the id of their event, and those that were closed as
// unknown. For each of the latter, a process that was taken for dead may still record the
// end, once.
type grants struct {
	open    map[string]openGrant
	unknown map[string]openGrant
	full    bool // some grants were left out, so an unknown grant may be one of them
}

type openGrant struct {
	seq      int64
	document string
}

func newGrants() grants { return grants{open: map[string]openGrant{}, unknown: map[string]openGrant{}} }

func (g *grants) begin(seq int64, e event.Event) {
	if len(g.open) == maxOpen {
		g.full = true
		return
	}
	g.open[e.ID] = openGrant{seq: seq, document: e.Document}
}

// known says whether the event ends an open access, and to the same document.
func (g *grants) known(e event.Event) bool {
	grant, ok := g.open[e.Grant]
	if !ok && e.Phase != event.PhaseUnknown {
		grant, ok = g.unknown[e.Grant]
	}
	if !ok {
		return g.full
	}
	return grant.document == e.Document
}

func (g *grants) end(e event.Event) {
	delete(g.unknown, e.Grant)
	if grant, ok := g.open[e.Grant]; ok && e.Phase == event.PhaseUnknown && len(g.unknown) < maxOpen {
		g.unknown[e.Grant] = grant
	}
	delete(g.open, e.Grant)
}

// left counts the open grants and lists the earliest.
func (g *grants) left() (int64, []Grant) {
	list := make([]Grant, 0, len(g.open))
	for id, grant := range g.open {
		list = append(list, Grant{Seq: grant.seq, ID: id})
	}
	slices.SortFunc(list, func(a, b Grant) int { return cmp.Compare(a.Seq, b.Seq) })
	return int64(len(list)), list[:min(len(list), maxListed)]
}
