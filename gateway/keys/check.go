package keys

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// KeyHolder is a root or a recovery recipient. It can open contracts' identities.
type KeyHolder struct {
	Fingerprint string    `json:"fingerprint"`
	Kind        string    `json:"kind"` // root or recovery
	AtHand      bool      `json:"at_hand"`
	PostQuantum *bool     `json:"post_quantum,omitempty"` // nil if the key is not at hand: a fingerprint does not tell
	From        time.Time `json:"from,omitzero"`          // the zero time before the first `keys` command that sealed to it
	Until       time.Time `json:"until,omitzero"`         // the zero time while it is in use
}

// ContractKey is a contract's identity of one epoch.
type ContractKey struct {
	Contract    choke.ContractID `json:"contract"`
	Epoch       int64            `json:"epoch"`
	Fingerprint string           `json:"fingerprint"` // of its recipient
	PostQuantum bool             `json:"post_quantum"`
	Created     time.Time        `json:"created"`
	SealedTo    []string         `json:"sealed_to"` // empty: destroyed
}

// Keys lists the keys of the installation. It contains no private key.
type Keys struct {
	Holders   []KeyHolder   `json:"holders"`
	Contracts []ContractKey `json:"contracts"`
	Rotations []Rotation    `json:"rotations"` // running ones
	Nodes     []Node        `json:"nodes"`     // running gateways
}

// LocalKeys lists the keys, as the owner of the machine.
func (kp *Keeper) LocalKeys(ctx context.Context) (Keys, error) {
	if err := kp.owner.RecordAlone(ctx, policy.ActionKeyCheck); err != nil {
		return Keys{}, err
	}
	var k Keys
	err := kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		rows, err := tx.KeyHolders(ctx)
		if err != nil {
			return err
		}
		k.Holders = holdersOf(rows, kp.root)
		k.Nodes, err = nodesAt(ctx, tx, kp.door.Now())
		return err
	})
	if err != nil {
		return Keys{}, choke.Unavailable(fmt.Errorf("reading key holders: %w", err))
	}
	err = kp.EachContract(ctx, func(c ContractRow) error {
		return choke.Unavailable(kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error { return k.add(ctx, tx, c.Id) }))
	})
	return k, err
}

// holdersOf lists the holders at hand and the earlier ones.
func holdersOf(rows []queries.KeyHolder, root *keyring.Root) []KeyHolder {
	known := map[string]queries.KeyHolder{}
	for _, r := range rows {
		known[r.Fingerprint] = r
	}
	var all []KeyHolder
	for _, h := range root.Holders() {
		r := known[h.Fingerprint]
		all = append(all, KeyHolder{Fingerprint: h.Fingerprint, Kind: kindOf(h), AtHand: true, PostQuantum: &h.PostQuantum,
			From: r.ValidFrom.Time(), Until: r.ValidUntil.Time()})
		delete(known, h.Fingerprint)
	}
	for _, r := range rows {
		if _, other := known[r.Fingerprint]; other {
			all = append(all, KeyHolder{Fingerprint: r.Fingerprint, Kind: r.Kind, From: r.ValidFrom.Time(), Until: r.ValidUntil.Time()})
		}
	}
	return all
}

// add reads a contract's keys.
func (k *Keys) add(ctx context.Context, tx *database.Tx, id choke.ContractID) error {
	rows, err := tx.ContractKeys(ctx, id)
	if err != nil {
		return fmt.Errorf("reading contract keys: %w", err)
	}
	for _, row := range rows {
		copies, err := copiesOf(ctx, tx, Epoch{id, row.Epoch})
		if err != nil {
			return err
		}
		recipient, err := crypto.ParseRecipient(row.Recipient)
		if err != nil {
			return fmt.Errorf("reading contract recipient: %w", err)
		}
		key := ContractKey{Contract: id, Epoch: row.Epoch, Fingerprint: recipient.Fingerprint(), PostQuantum: recipient.PostQuantum(),
			Created: row.Created.Time(), SealedTo: []string{}}
		for _, c := range copies {
			key.SealedTo = append(key.SealedTo, c.SealedTo)
		}
		k.Contracts = append(k.Contracts, key)
	}
	running, err := tx.RunningKeyRotation(ctx, id)
	if err != nil {
		return choke.IgnoreNoRows(err)
	}
	left, err := tx.CountHeaders(ctx, queries.CountHeadersParams{Contract: id, Epoch: running.Epoch})
	if err != nil {
		return fmt.Errorf("counting headers: %w", err)
	}
	k.Rotations = append(k.Rotations, Rotation{Contract: id, Epoch: running.Epoch, Headers: running.Headers, Left: left})
	return nil
}

// KeyProblem is a key or a header that does not open, or that lacks a sealed copy.
type KeyProblem struct {
	Contract choke.ContractID `json:"contract"`
	Epoch    int64            `json:"epoch"`
	Document choke.DocumentID `json:"document,omitempty"`
	Detail   string           `json:"detail"`
}

// KeyCheck is what LocalCheckKeys found.
type KeyCheck struct {
	Keys     int64        `json:"keys"`    // contracts' keys that are not destroyed
	Copies   int64        `json:"copies"`  // their sealed copies that were opened; copies for recovery cannot be
	Headers  int64        `json:"headers"` // documents' headers that were opened
	Problems []KeyProblem `json:"problems"`
}

// sampleOf is how many headers of each contract are opened, unless all are.
const sampleOf = 16

// LocalCheckKeys opens every contract's identities: each sealed copy that is for a root
// at hand. It also opens the headers of a sample of documents, or of all. It does so as
// the owner of the machine, and reads no body.
func (kp *Keeper) LocalCheckKeys(ctx context.Context, all bool, progress choke.Progress) (KeyCheck, error) {
	check := KeyCheck{Problems: []KeyProblem{}}
	if err := kp.owner.RecordAlone(ctx, policy.ActionKeyCheck); err != nil {
		return check, err
	}
	var contracts []choke.ContractID
	err := kp.EachContract(ctx, func(c ContractRow) error { contracts = append(contracts, c.Id); return nil })
	for i, id := range contracts {
		if err != nil {
			break
		}
		progress.Tell(int64(i), int64(len(contracts)))
		err = kp.checkContract(ctx, &check, id, all)
	}
	if err == nil {
		progress.Tell(int64(len(contracts)), int64(len(contracts)))
	}
	return check, choke.Unavailable(err)
}

// checkContract opens one contract's identities and headers.
func (kp *Keeper) checkContract(ctx context.Context, check *KeyCheck, id choke.ContractID, all bool) error {
	identities := map[int64]*crypto.Identity{}
	err := kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		keys, err := tx.ContractKeys(ctx, id)
		if err != nil {
			return fmt.Errorf("reading contract keys: %w", err)
		}
		for _, key := range keys {
			copies, err := copiesOf(ctx, tx, Epoch{id, key.Epoch})
			if err != nil {
				return err
			}
			if len(copies) > 0 {
				identities[key.Epoch] = check.key(kp.root, key, copies)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if all {
		return kp.checkHeaders(ctx, check, id, identities, "", math.MaxInt64)
	}
	// The sample starts at a random document, so that each check takes another one.
	before := check.Headers
	if err := kp.checkHeaders(ctx, check, id, identities, choke.DocumentID(policy.NewID("d")), sampleOf); err != nil || check.Headers > before {
		return err
	}
	return kp.checkHeaders(ctx, check, id, identities, "", sampleOf)
}

// key opens every copy of one identity that can be opened here. It returns the identity,
// or nil if no copy opens.
func (check *KeyCheck) key(root *keyring.Root, key queries.ContractKey, copies []keyring.Copy) *crypto.Identity {
	check.Keys++
	problem := func(detail string) {
		check.Problems = append(check.Problems, KeyProblem{Contract: key.Contract, Epoch: key.Epoch, Detail: detail})
	}
	byHolder := map[string]keyring.Copy{}
	for _, c := range copies {
		byHolder[c.SealedTo] = c
	}
	var opened *crypto.Identity
	for _, h := range root.Holders() {
		c, sealed := byHolder[h.Fingerprint]
		if !sealed {
			problem("there is no copy for " + kindOf(h) + " " + h.Fingerprint)
			continue
		}
		if h.Recovery {
			continue // its private key is not here
		}
		identity, err := root.Open([]keyring.Copy{c})
		switch {
		case err != nil:
			problem(fmt.Sprintf("the copy for root %s: %v", h.Fingerprint, err))
		case identity.Recipient().String() != key.Recipient:
			problem("the copy for root " + h.Fingerprint + " holds another key than the contract's")
		default:
			check.Copies++
			opened = identity
		}
	}
	return opened
}

// checkHeaders opens at most so many headers of a contract, from a document on.
func (kp *Keeper) checkHeaders(ctx context.Context, check *KeyCheck, id choke.ContractID, identities map[int64]*crypto.Identity, after choke.DocumentID, most int64) error {
	for most > 0 {
		var rows []queries.HeadersOfContractRow
		err := kp.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			rows, err = tx.HeadersOfContract(ctx, queries.HeadersOfContractParams{Contract: id, After: after,
				BeforeEpoch: math.MaxInt64, Limit: int32(min(most, 256))})
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			after = row.Document
			if err := openHeader(row, identities); err != nil {
				check.Problems = append(check.Problems, KeyProblem{Contract: id, Epoch: row.Epoch, Document: row.Document, Detail: err.Error()})
			}
			check.Headers++
		}
		most -= int64(len(rows))
	}
	return nil
}

var errNoKey = errors.New("the contract's key of this epoch does not open or was destroyed")

func openHeader(row queries.HeadersOfContractRow, identities map[int64]*crypto.Identity) error {
	identity := identities[row.Epoch]
	if identity == nil {
		return errNoKey
	}
	return crypto.CheckHeader(row.Header, identity)
}
