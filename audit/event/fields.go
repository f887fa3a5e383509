package event

import "time"

// codec writes or reads an event's fields. Both directions use the one list below, so the
// writer and the reader agree on the order and the spelling of the fields.
type codec interface {
	number(key string, required bool, n *int64)
	text(key string, required bool, s *string)
}

const version = 1

// fields is the leaf's format, version 1. It is frozen: any change is a new version.
func (e *Event) fields(c codec, v *int64) {
	c.number("v", true, v)
	c.text("ledger", true, &e.Ledger)
	c.number("seq", true, &e.Seq)
	moment(c, "ts", &e.Time)
	c.text("id", true, &e.ID)
	moment(c, "occ", &e.Occurred)
	c.text("phase", true, (*string)(&e.Phase))
	c.text("action", true, (*string)(&e.Action))
	c.text("outcome", true, (*string)(&e.Outcome))
	c.text("reason", false, &e.Reason)
	c.text("actor", false, &e.Actor)
	c.text("org", false, &e.Organisation)
	c.text("role", false, &e.Role)
	c.text("auth", false, &e.Auth)
	c.text("contract", false, &e.Contract)
	c.number("version", false, &e.Version)
	c.text("clause", false, &e.Clause)
	c.text("provider", false, &e.Provider)
	c.text("batch", false, &e.Batch)
	c.text("document", false, &e.Document)
	c.text("class", false, &e.Class)
	c.text("assignment", false, &e.Assignment)
	c.text("subject", false, &e.Subject)
	c.text("site", false, &e.Site)
	c.text("country", false, &e.Country)
	c.number("bytes", false, &e.Bytes)
	c.number("length", false, &e.Length)
	c.text("grant", false, &e.Grant)
	c.text("request", false, &e.Request)
	c.text("node", false, &e.Node)
	c.text("priv", false, &e.Commitment)
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
