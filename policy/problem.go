package policy

// Problem is one thing wrong with terms, or missing from them.
type Problem struct {
	Path   string // where in the terms, as in `classes.claim-form.media-types[1]`
	Line   int    // of the YAML text, from 1; 0 when it is about something that is not there
	Detail string // one sentence, without the offending value when that may be personal data
}
