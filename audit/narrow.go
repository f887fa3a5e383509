package audit

// narrow adds the filters that have an index of their own, the narrowest first.
//
// PostgreSQL knows from its statistics which index leaves least to read. SQLite has none and takes any: of a document's five
// events and a million of its reader's organisation, perhaps the million. So there it is told: when a narrow filter is set,
// the wider ones are written so that no index serves them (a unary plus), and rarities are not repeated for theirs.
func (l *Ledger) narrow(c *conditions, q Query) {
	thing := q.Document != "" || q.Batch != ""             // a handful of events, or some hundreds
	somebody := thing || q.Actor != "" || q.Contract != "" // some thousands
	refused := q.Outcome != "" && q.Outcome != "allow"     // one in a hundred, whatever else is asked
	c.filter("document", q.Document, "")
	c.filter("batch", q.Batch, l.unless(q.Document != ""))
	c.filter("actor", q.Actor, l.unless(thing))
	c.filter("contract", q.Contract, l.unless(thing || q.Actor != ""))
	c.filter("organisation", q.Organisation, l.unless(somebody))
	wide := l.unless(somebody || refused)
	c.filter("provider", q.Provider, wide)
	c.filter("site", q.Site, wide)
	c.filter("country", q.Country, wide)
	if l.config.PostgreSQL || !thing {
		q.rare(c)
	}
}

// unless is the sign that keeps SQLite from using an index, when there is a narrower filter.
func (l *Ledger) unless(narrower bool) string {
	if narrower && !l.config.PostgreSQL {
		return "+"
	}
	return ""
}
