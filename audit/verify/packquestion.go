package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// Asked is the question of a pack. It is an event, and proven like any other.
type Asked struct {
	Event    string    `json:"event"` // id of the export's own event
	Seq      int64     `json:"seq"`
	At       time.Time `json:"at"`
	By       string    `json:"by"` // the person, or "system" for the machine's owner
	Role     string    `json:"role"`
	Question string    `json:"question"` // as it was recorded; empty when it was erased
}

// roleNarrowed is the role whose holders see only events of people of their own
// organisation.
const roleNarrowed = "provider-compliance"

// question reads the export's own event, proves it, and reads the question from its
// erasable data.
func (p *packVerification) question() {
	text, err := p.archive.read(questionName, maxRow)
	if err != nil {
		p.v.report.problem(KindQuestion, NoSeq, "%s: %v", questionName, err)
		return
	}
	r, err := parsePackRow(bytes.TrimSuffix(text, []byte("\n")))
	if err != nil || !bytes.HasSuffix(text, []byte("\n")) {
		p.v.report.problem(KindQuestion, NoSeq, "%s is not an event in its one form", questionName)
		return
	}
	e, err := event.Parse(r.leaf)
	if err != nil || e.Action != "audit.export" || e.ID != p.manifest.Export {
		p.v.report.problem(KindQuestion, NoSeq, "%s is not the event of the export that manifest.json names", questionName)
		return
	}
	p.export = e.Seq
	p.event(r, e)
	p.prove(e.Seq, r.leaf)
	p.proofs++
	p.asked = &Asked{Event: e.ID, Seq: e.Seq, At: e.Time, By: e.Actor, Role: e.Role}
	if e.Role == roleNarrowed {
		p.scope = e.Organisation
	}
	switch {
	case r.private == nil:
		p.v.report.notChecked("the question: the erasable data of the export's event is not in the pack")
	case r.opens(e): // otherwise a problem is reported, and the question is not trusted
		p.readFilters(r)
	}
}

// filters are the filters of a question that a row can be checked by. Further parameters
// of a named question are not checked.
type filters struct {
	equal map[string]string // by the name of the field; not empty
	from  time.Time
	to    time.Time
}

func (p *packVerification) readFilters(r packRow) {
	private, err := r.private.Private()
	p.asked.Question = private["question"]
	f, question, readErr := parseFilters([]byte(p.asked.Question))
	if err != nil || readErr != nil {
		p.v.report.problem(KindQuestion, p.export, "the question cannot be read")
		return
	}
	p.filters = f
	if question != "" {
		p.v.report.notChecked("whether the rows answer the question %q, beside its filters", question)
	}
}

func parseFilters(text []byte) (f *filters, question string, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, "", err
	}
	f = &filters{equal: map[string]string{}}
	read := func(name string, to any) {
		if member := members[name]; member != nil {
			err = errors.Join(err, json.Unmarshal(member, to))
		}
	}
	read("From", &f.from)
	read("To", &f.to)
	read("Question", &question)
	for i := range fields {
		if fields[i].use&filter == 0 {
			continue
		}
		var asked string
		if read(capital(fields[i].name), &asked); asked != "" {
			f.equal[fields[i].name] = asked
		}
	}
	return f, question, err
}

func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// answers checks a row against the question's filters, and against what its asker may
// see.
func (p *packVerification) answers(e event.Event) {
	if p.scope != "" && e.Organisation != p.scope {
		p.v.report.problem(KindQuestion, e.Seq, "the event is not of the organisation that all events of this pack are of")
	}
	if p.filters == nil {
		return
	}
	for i := range fields {
		f := &fields[i]
		if asked := p.filters.equal[f.name]; asked != "" && f.use&filter != 0 && asked != f.value(&e) {
			p.v.report.problem(KindQuestion, e.Seq, "the event does not answer the question: %s", f.name)
		}
	}
	if f := p.filters; e.Time.Before(f.from) || !f.to.IsZero() && !e.Time.Before(f.to) {
		p.v.report.problem(KindQuestion, e.Seq, "the event does not answer the question: time")
	}
}
