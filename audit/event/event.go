package event

import "time"

// Event is one entry of a ledger. A text that does not apply is empty, a number 0.
type Event struct {
	// Assigned when the event is sequenced.
	Ledger string    // Operator, or the client's organisation id
	Seq    int64     // 0, 1, 2 … without a gap
	Time   time.Time // never before that of Seq-1

	ID       string    // e_…
	Occurred time.Time // when the act was decided
	Phase    Phase
	Action   Action
	Outcome  Outcome
	Reason   string // closed code of the decision

	// Who.
	Actor        string // p_…
	Organisation string // the actor's
	Role         string // that was used, or would have been
	Auth         string // how the actor was authenticated

	// By which right, on what.
	Contract   string
	Version    int64
	Clause     string // path in the terms
	Provider   string // the contract's
	Batch      string
	Document   string
	Class      string
	Assignment string
	Subject    string // the person, organisation, receipt, … that was acted on

	// From where.
	Site    string
	Country string

	// With what effect.
	Bytes  int64  // of content moved
	Length int64  // of the whole content; -1 while not known
	Grant  string // id of the grant that this event completes, aborts or closes as unknown

	Request string
	Node    string

	// Private is the erasable data, by key: address, user_agent, sha256, note, … It is
	// nil when erased, and after Parse.
	Private map[string]string
	// Commitment is all that the leaf holds of Private: see Opening. Empty for an event
	// that never had erasable data.
	Commitment string
}

// Member is a member of the leaf. One of Text, Number and Moment is set, and says where
// the event has it.
type Member struct {
	Key    string // in the leaf
	Name   string // in tables and in the API
	Always bool   // in every leaf; otherwise left out when empty or zero
	Text   func(*Event) *string
	Number func(*Event) *int64
	Moment func(*Event) *time.Time
	Means  string // a sentence, where the name does not say it
}

// Members is the leaf's format, version 1, after the member "v": the members in their
// order. It is frozen: any change is a new version. Writing and parsing leaves, tables,
// and the API go by this list.
var Members = []Member{
	{Key: "ledger", Name: "ledger", Always: true, Text: func(e *Event) *string { return &e.Ledger }},
	{Key: "seq", Name: "seq", Always: true, Number: func(e *Event) *int64 { return &e.Seq },
		Means: "Place in the ledger, from 0."},
	{Key: "ts", Name: "time", Always: true, Moment: func(e *Event) *time.Time { return &e.Time },
		Means: "When the ledger took it. Never decreases with seq."},
	{Key: "id", Name: "id", Always: true, Text: func(e *Event) *string { return &e.ID }},
	{Key: "occ", Name: "occurred", Always: true, Moment: func(e *Event) *time.Time { return &e.Occurred },
		Means: "When it happened."},
	{Key: "phase", Name: "phase", Always: true, Text: func(e *Event) *string { return (*string)(&e.Phase) }},
	{Key: "action", Name: "action", Always: true, Text: func(e *Event) *string { return (*string)(&e.Action) }},
	{Key: "outcome", Name: "outcome", Always: true, Text: func(e *Event) *string { return (*string)(&e.Outcome) }},
	{Key: "reason", Name: "reason", Text: func(e *Event) *string { return &e.Reason }},
	{Key: "actor", Name: "actor", Text: func(e *Event) *string { return &e.Actor }},
	{Key: "org", Name: "organisation", Text: func(e *Event) *string { return &e.Organisation },
		Means: "The actor's organisation."},
	{Key: "role", Name: "role", Text: func(e *Event) *string { return &e.Role },
		Means: "The role that decided."},
	{Key: "auth", Name: "auth", Text: func(e *Event) *string { return &e.Auth },
		Means: "How the actor signed in."},
	{Key: "contract", Name: "contract", Text: func(e *Event) *string { return &e.Contract }},
	{Key: "version", Name: "version", Number: func(e *Event) *int64 { return &e.Version }},
	{Key: "clause", Name: "clause", Text: func(e *Event) *string { return &e.Clause }},
	{Key: "provider", Name: "provider", Text: func(e *Event) *string { return &e.Provider }},
	{Key: "batch", Name: "batch", Text: func(e *Event) *string { return &e.Batch }},
	{Key: "document", Name: "document", Text: func(e *Event) *string { return &e.Document }},
	{Key: "class", Name: "class", Text: func(e *Event) *string { return &e.Class }},
	{Key: "assignment", Name: "assignment", Text: func(e *Event) *string { return &e.Assignment }},
	{Key: "subject", Name: "subject", Text: func(e *Event) *string { return &e.Subject },
		Means: "The person or organisation that the act is about."},
	{Key: "site", Name: "site", Text: func(e *Event) *string { return &e.Site }},
	{Key: "country", Name: "country", Text: func(e *Event) *string { return &e.Country }},
	{Key: "bytes", Name: "bytes", Number: func(e *Event) *int64 { return &e.Bytes },
		Means: "Number of bytes sent or received."},
	{Key: "length", Name: "length", Number: func(e *Event) *int64 { return &e.Length },
		Means: "Length of the whole. -1 while unknown."},
	{Key: "grant", Name: "grant", Text: func(e *Event) *string { return &e.Grant },
		Means: "Identifier of the grant that this event completes or aborts."},
	{Key: "request", Name: "request", Text: func(e *Event) *string { return &e.Request }},
	{Key: "node", Name: "node", Text: func(e *Event) *string { return &e.Node }},
	{Key: "priv", Name: "commitment", Text: func(e *Event) *string { return &e.Commitment },
		Means: "The ledger leaf's commitment to `private`, in base64."},
}

// codec writes or reads members. Both directions use the one list, so the writer and the
// reader agree on the order and the spelling.
type codec interface {
	number(key string, required bool, n *int64)
	text(key string, required bool, s *string)
}

const version = 1

func (e *Event) members(c codec, v *int64) {
	c.number("v", true, v)
	for i := range Members {
		switch m := &Members[i]; {
		case m.Text != nil:
			c.text(m.Key, m.Always, m.Text(e))
		case m.Number != nil:
			c.number(m.Key, m.Always, m.Number(e))
		default:
			moment(c, m.Key, m.Moment(e))
		}
	}
}

// moment is a required time in microseconds since 1970 UTC. 0 is the zero time, which
// only a draft has.
func moment(c codec, key string, t *time.Time) {
	var micros int64
	if !t.IsZero() {
		micros = t.UnixMicro()
	}
	c.number(key, true, &micros)
	*t = time.Time{}
	if micros != 0 {
		*t = time.UnixMicro(micros).UTC()
	}
}
