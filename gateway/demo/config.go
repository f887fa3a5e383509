package demo

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
)

// Config is the gateway and the documents of the story.
type Config struct {
	API      string       // base URL of the API, without a slash at its end
	Client   *http.Client // makes the requests; http.DefaultClient when nil. It must not limit how long a body takes
	Operator Credential   // of the operator's first person, who admits the others
	Out      io.Writer    // receives the story; nil discards it

	Seed      uint64 // of the synthetic documents
	Scale     int    // how many times as many synthetic documents; 0 is 1
	Documents fs.FS  // files to use instead of synthetic documents; nil for none

	// Verify checks the gateway's ledgers from the outside and gives a line to print. It
	// is called at the end of the story; nil leaves the step out.
	Verify func(ctx context.Context) (summary string, err error)

	Admin string // base URL of the admin listener, for World only
	Data  string // the gateway's data folder, for World only
}

func (c Config) check() error {
	switch {
	case c.API == "":
		return errors.New("demo: the address of the API is missing")
	case c.Operator.Person == "" || c.Operator.Secret == "":
		return errors.New("demo: the operator's credential is missing")
	case c.Scale < 0:
		return errors.New("demo: the scale is negative")
	}
	return nil
}

// Credential is a person's identifier and secret for signing in.
type Credential struct {
	Person string // p_…
	Secret Secret
}

// Secret is a text that must not be printed by accident. JSON has it in clear.
type Secret string

// String hides the secret from fmt and slog.
func (Secret) String() string { return "(secret)" }

// GoString hides it from %#v.
func (Secret) GoString() string { return "(secret)" }
