package keyring

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/bordereau/bordereau/crypto"
)

// Root is one or several root identities, which open the same copies, and the recovery
// recipients whose identities are elsewhere. It is safe for concurrent use and, like its
// identities, never prints a key.
type Root struct {
	identities []*crypto.Identity // at least one
	recovery   []*crypto.Recipient
}

// Copy is one identity, sealed to one root or recovery recipient.
type Copy struct {
	SealedTo string // crypto.Recipient.Fingerprint of the root; it finds the copy again
	Sealed   []byte // a whole age file; its plaintext is the identity's text form
}

// Parse reads the text of a root file, for a root from the environment or a mounted
// secret. Its errors name a line and repeat none of it.
func Parse(text string) (*Root, error) {
	root := new(Root)
	lines := bufio.NewScanner(strings.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		identity, err := crypto.ParseIdentity(line)
		if err != nil {
			return nil, fmt.Errorf("parsing root: line %d: %w", number, err)
		}
		root.identities = append(root.identities, identity)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("parsing root: %w", err)
	}
	if len(root.identities) == 0 {
		return nil, errors.New("parsing root: no identity in it")
	}
	return root, nil
}

// Seal gives the sealed copies of id: one for each root and each recovery recipient. They
// are separate for two reasons: age does not mix post-quantum and classic recipients in
// one header, and a root is retired by deleting its copies. Every root has a copy, not
// the first alone: during a change of the root, replicas that know only the old one still
// open copies made by replicas that know both.
func (r *Root) Seal(id *crypto.Identity) ([]Copy, error) {
	var copies []Copy
	for _, h := range r.holders() {
		c, err := sealTo(id, h.recipient)
		if err != nil {
			return nil, err
		}
		copies = append(copies, c)
	}
	return copies, nil
}

// SealTo gives one copy, for the recipient with this fingerprint.
func (r *Root) SealTo(id *crypto.Identity, fingerprint string) (Copy, error) {
	for _, h := range r.holders() {
		if h.Fingerprint == fingerprint {
			return sealTo(id, h.recipient)
		}
	}
	return Copy{}, fmt.Errorf("sealing identity: no root or recovery recipient at hand has the fingerprint %q", fingerprint)
}

func sealTo(id *crypto.Identity, to *crypto.Recipient) (Copy, error) {
	sealed, err := crypto.SealSmall([]byte(id.Secret()), to)
	if err != nil {
		return Copy{}, fmt.Errorf("sealing identity: %w", err)
	}
	return Copy{SealedTo: to.Fingerprint(), Sealed: sealed}, nil
}

// Open opens the identity in the copies. The error wraps crypto.ErrWrongKey when no copy
// is for a root at hand, and crypto.ErrTampered when such a copy was altered. One copy
// that opens is enough.
func (r *Root) Open(copies []Copy) (*crypto.Identity, error) {
	var failures []error
	for _, c := range copies {
		root := r.root(c.SealedTo)
		if root == nil {
			continue
		}
		identity, err := openCopy(c, root)
		if err == nil {
			return identity, nil
		}
		failures = append(failures, err)
	}
	if len(failures) > 0 {
		return nil, fmt.Errorf("opening identity: %w", errors.Join(failures...))
	}
	return nil, fmt.Errorf("opening identity: no copy for any root at hand: %w", crypto.ErrWrongKey)
}

func openCopy(c Copy, root *crypto.Identity) (*crypto.Identity, error) {
	secret, err := crypto.OpenSmall(c.Sealed, root)
	if err != nil {
		return nil, err
	}
	identity, err := crypto.ParseIdentity(string(secret))
	if err != nil {
		// The copy was sealed to this root and holds something else: Seal did not make
		// it.
		return nil, fmt.Errorf("%w: %v", crypto.ErrTampered, err)
	}
	return identity, nil
}
