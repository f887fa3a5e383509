package mediatype

import (
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// Head is how many of a document's first bytes Recognise looks at.
const Head = 4096

// Found is what bytes show of themselves. The zero value shows nothing.
type Found struct {
	Text bool // they decode as text
	Kind Kind // Unknown when no container shows itself; text may have one as well

	pdf     bool           // somewhere in the first kilobyte a PDF begins
	empty   bool           // there are none
	library *mimetype.MIME // what the library takes them for
}

// Recognise looks at a document's first bytes, at most Head of them. It gives the same
// answer for the same bytes and never fails.
func Recognise(head []byte) Found {
	head = head[:min(len(head), Head)]
	f := Found{Text: isText(head), pdf: hasPDF(head), empty: len(head) == 0, library: mimetype.Detect(head)}
	for _, k := range kinds {
		if k.at(head) {
			f.Kind = k.kind
			f.Text = f.Text && k.plain
			break
		}
	}
	switch {
	case f.Text && isScript(head):
		f.Kind = Script
	case f.Text && describe(f.Kind).executable:
		f.Kind = Unknown // a table whose first column begins as programs do
	}
	return f
}

// Executable says whether the bytes are a program, or a script that names its
// interpreter.
func (f Found) Executable() bool { return f.Kind == Script || describe(f.Kind).executable }

// Fits says whether the bytes can be of the declared media type, which is in lower case
// and without parameters. Nothing fits a program but the types of that program.
func (f Found) Fits(declared string) bool {
	c := checkOf(declared)
	switch {
	case f.empty:
		return true
	case f.Executable():
		return slices.Contains(c.kinds, f.Kind)
	case slices.Contains(c.kinds, f.Kind) && f.Kind != Unknown, f.pdf && slices.Contains(c.kinds, PDF):
		return true
	}
	switch c.how {
	case AsText:
		return f.Text
	case ByContainer:
		return !c.strict && !f.Text && f.Kind == Unknown && f.agrees(declared)
	case ByLibrary:
		return f.agrees(declared)
	default:
		return c.how == ByName
	}
}

// shows gives what the bytes positively are, after "The bytes are ". It is empty when
// they show nothing.
func (f Found) shows() string {
	switch {
	case f.Kind == Script:
		return "a script that names its interpreter"
	case f.Kind != Unknown && !f.Text, f.Kind == RTF:
		return describe(f.Kind).is
	case f.Text:
		return "text"
	case f.library != nil && !f.library.Is("application/octet-stream"):
		return "a file that is known as " + bare(f.library)
	default:
		return ""
	}
}

// String says what the bytes are, as a sentence.
func (f Found) String() string {
	switch shown := f.shows(); {
	case f.empty:
		return "There are no bytes."
	case shown == "":
		return "The bytes are of no form that is known here."
	default:
		return "The bytes are " + shown + "."
	}
}

// agrees compares with the library, for a declared type that is not in the table of
// checks. A type that the library does not know either passes by its name.
func (f Found) agrees(declared string) bool {
	known := mimetype.Lookup(declared)
	switch {
	case known == nil || f.library == nil || f.shows() == "", top(known) == top(f.library):
		return true
	case f.Text:
		return top(known) == "text/plain" || slices.Contains(eitherForm, declared)
	case f.Kind != Unknown && f.library.Is("application/octet-stream"):
		return false // it is a kind that the library does not recognise
	default:
		return f.library.Is("application/octet-stream")
	}
}

// top is the most general type that is more than "bytes": the container of a type, in the
// library's tree.
func top(m *mimetype.MIME) string {
	for m.Parent() != nil && m.Parent().Parent() != nil {
		m = m.Parent()
	}
	return bare(m)
}

func bare(m *mimetype.MIME) string {
	name, _, _ := strings.Cut(m.String(), ";")
	return name
}

func describe(k Kind) kind {
	if i := slices.IndexFunc(kinds, func(d kind) bool { return d.kind == k }); i >= 0 {
		return kinds[i]
	}
	return kind{}
}
