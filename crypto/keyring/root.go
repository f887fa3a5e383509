package keyring

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bordereau/bordereau/crypto"
)

// Root is one or several root identities: the first seals, all open. It is safe for concurrent use and, like the
// identities in it, never prints a key.
type Root struct {
	identities []*crypto.Identity // at least one
}

// Copy is one identity, sealed to one root.
type Copy struct {
	SealedTo string // crypto.Recipient.Fingerprint of the root, by which the copy is found again
	Sealed   []byte // a whole age file; its plaintext is the identity's text form
}

// Parse reads the text of a root file, for a root that comes from the environment or from a mounted secret. Its errors
// name a line and hold nothing of it.
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

// Seal gives the sealed copies of id that are to be kept: one for each recipient that must be able to open it. That is
// the first root; it is a slice because age does not mix post-quantum and classic recipients in one header, so that
// every further recipient is a copy of its own.
func (r *Root) Seal(id *crypto.Identity) ([]Copy, error) {
	to := r.identities[0].Recipient()
	sealed, err := crypto.SealSmall([]byte(id.Secret()), to)
	if err != nil {
		return nil, fmt.Errorf("sealing identity: %w", err)
	}
	return []Copy{{SealedTo: to.Fingerprint(), Sealed: sealed}}, nil
}

// Open opens the identity that copies are of. The error wraps crypto.ErrWrongKey when no copy is for a root at hand, and
// crypto.ErrTampered when there is one and it was altered; another copy that opens makes up for it.
func (r *Root) Open(copies []Copy) (*crypto.Identity, error) {
	var failures []error
	for _, c := range copies {
		root := r.named(c.SealedTo)
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
		// It was sealed for us and holds something else: Seal did not make it.
		return nil, fmt.Errorf("%w: %v", crypto.ErrTampered, err)
	}
	return identity, nil
}

// Fingerprints names the roots, the one that seals first.
func (r *Root) Fingerprints() []string {
	var names []string
	for _, identity := range r.identities {
		names = append(names, identity.Recipient().Fingerprint())
	}
	return names
}

// PostQuantum reports whether every root is hybrid. One classic root is enough to say no: what was sealed to it can be
// recorded today and opened by a quantum computer later.
func (r *Root) PostQuantum() bool {
	return !slices.ContainsFunc(r.identities, func(i *crypto.Identity) bool { return !i.Recipient().PostQuantum() })
}

// named finds the root with a fingerprint, nil when it is not at hand.
func (r *Root) named(fingerprint string) *crypto.Identity {
	for _, identity := range r.identities {
		if identity.Recipient().Fingerprint() == fingerprint {
			return identity
		}
	}
	return nil
}
