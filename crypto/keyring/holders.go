package keyring

import (
	"errors"
	"slices"

	"github.com/bordereau/bordereau/crypto"
)

// Holder is a root or a recovery recipient: it opens the copies that Seal gives.
type Holder struct {
	Fingerprint string
	Recovery    bool // a recovery recipient: its identity is elsewhere
	PostQuantum bool

	recipient *crypto.Recipient
}

// WithRecovery gives the same roots with other recovery recipients: public keys, in age's
// text form, whose identities are kept offline for the day when the roots are lost. Its
// errors repeat no text, which may be a private key in the wrong place.
func (r *Root) WithRecovery(texts []string) (*Root, error) {
	with := &Root{identities: r.identities}
	for _, text := range texts {
		recipient, err := crypto.ParseRecipient(text)
		if err != nil {
			return nil, err
		}
		if with.holds(recipient.Fingerprint()) {
			return nil, errors.New("a recovery recipient is named twice, or is the recipient of a root: name each once, and no root")
		}
		with.recovery = append(with.recovery, recipient)
	}
	return with, nil
}

// FirstAlone gives the same without the roots after the first, as after their retirement.
func (r *Root) FirstAlone() *Root { return &Root{identities: r.identities[:1], recovery: r.recovery} }

// Holders lists the roots, the first of them first, and then the recovery recipients.
func (r *Root) Holders() []Holder { return r.holders() }

func (r *Root) holders() []Holder {
	var all []Holder
	for _, identity := range r.identities {
		all = append(all, holder(identity.Recipient(), false))
	}
	for _, recipient := range r.recovery {
		all = append(all, holder(recipient, true))
	}
	return all
}

func holder(recipient *crypto.Recipient, recovery bool) Holder {
	return Holder{Fingerprint: recipient.Fingerprint(), Recovery: recovery, PostQuantum: recipient.PostQuantum(), recipient: recipient}
}

func (r *Root) holds(fingerprint string) bool {
	return slices.ContainsFunc(r.holders(), func(h Holder) bool { return h.Fingerprint == fingerprint })
}

// Fingerprints gives the fingerprints of the roots, the first of them first.
func (r *Root) Fingerprints() []string {
	var names []string
	for _, identity := range r.identities {
		names = append(names, identity.Recipient().Fingerprint())
	}
	return names
}

// PostQuantum reports whether every root and recovery recipient is hybrid. One classic
// key makes it false: data sealed to that key can be recorded today and opened by a
// quantum computer later.
func (r *Root) PostQuantum() bool {
	return !slices.ContainsFunc(r.holders(), func(h Holder) bool { return !h.PostQuantum })
}

// root finds the root with a fingerprint. It is nil when that root is not at hand.
func (r *Root) root(fingerprint string) *crypto.Identity {
	for _, identity := range r.identities {
		if identity.Recipient().Fingerprint() == fingerprint {
			return identity
		}
	}
	return nil
}
