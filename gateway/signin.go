package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// secretPrefix lets secret scanners recognise a leaked credential.
const secretPrefix = "bds_"

// IssueCredential makes a secret for POST /oauth/token. It returns the secret once, and
// stores only its hash. It ends the person's secrets that were never used: one of them
// may be a secret whose answer was lost, and a secret that lies about unused is a risk.
// It is a duty of the operator.
func (g *Gateway) IssueCredential(ctx context.Context, caller Caller, person PersonID) (Credential, error) {
	c := Credential{ID: policy.NewID("k"), Person: person}
	var hash []byte
	c.Secret, hash = newSecret()
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionCredentialIssue,
		Load:   loadPerson(person),
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if err := tx.EndUnusedCredentials(ctx, queries.EndUnusedCredentialsParams{Person: person, Now: queries.At(s.Now())}); err != nil {
				return fmt.Errorf("ending unused credentials: %w", err)
			}
			return tx.InsertCredential(ctx, queries.InsertCredentialParams{ID: c.ID, Person: person,
				SecretHash: hash, ValidFrom: queries.At(s.Now()), ValidUntil: queries.Until(c.Until)})
		},
	})
	if err != nil {
		return Credential{}, err
	}
	return c, nil
}

// newSecret makes a credential of 256 random bits and its hash. Such a secret cannot be
// guessed, so a plain SHA-256 protects it at rest. A slow hash would only slow down every
// sign-in.
func newSecret() (secret string, hash []byte) {
	var b [32]byte
	rand.Read(b[:])
	secret = secretPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashSecret(secret)
}

func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// SignIn is an attempt to sign in with a credential.
type SignIn struct {
	Client    PersonID
	Secret    string
	Address   netip.Addr
	UserAgent string
	Request   string
}

// SignIn checks a credential and records the attempt. Every failure is ErrNotFound: an
// unknown person, a person who left and a wrong secret get the same answer. An attempt
// for an unknown person is not recorded. It concerns no member, and recording it would
// let anyone fill the ledger.
func (g *Gateway) SignIn(ctx context.Context, in SignIn) error {
	if policy.ParseIdentifier("p", string(in.Client)) != nil || !strings.HasPrefix(in.Secret, secretPrefix) {
		return ErrNotFound
	}
	caller := Caller{Person: in.Client, Auth: "client-credentials", Address: in.Address, UserAgent: in.UserAgent, Request: in.Request}
	known := false
	err := g.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.PersonExists(ctx, in.Client)
		known = err == nil
		return choke.IgnoreNoRows(err)
	})
	if err != nil {
		return choke.Unavailable(err)
	}
	if !known {
		return ErrNotFound
	}
	_, err = g.door.Do(ctx, caller, choke.Hand(policy.ActionTokenIssue,
		func(ctx context.Context, tx *database.Tx, s *choke.Scene) (queries.Credential, error) {
			s.OnOperator()
			s.Hide()
			s.Event().Subject = string(in.Client)
			held, err := tx.CredentialsInForce(ctx, queries.CredentialsInForceParams{Person: in.Client, Now: queries.At(s.Now())})
			if err != nil {
				return queries.Credential{}, err
			}
			shown, ok := oneOf(held, hashSecret(in.Secret))
			s.Facts().SignIn = &policy.SignIn{Authenticated: ok}
			return shown, nil
		},
		func(ctx context.Context, tx *database.Tx, s *choke.Scene, shown queries.Credential) error {
			if shown.Used > 0 {
				return nil
			}
			return tx.SetCredentialUsed(ctx, queries.SetCredentialUsedParams{ID: shown.ID, Used: queries.At(s.Now())})
		}))
	return err
}

// oneOf finds the credential of a hash. It compares all of them, so that its duration
// does not show which one came close.
func oneOf(held []queries.Credential, hash []byte) (found queries.Credential, ok bool) {
	for _, c := range held {
		if subtle.ConstantTimeCompare(c.SecretHash, hash) == 1 {
			found, ok = c, true
		}
	}
	return found, ok
}
