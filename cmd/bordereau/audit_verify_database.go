package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/database"
)

// verifyDatabase derives from the leaves everything else that a database keeps of a
// ledger, and compares it: the columns and the index that queries use, and the head from
// which the ledger goes on. A database has no checkpoint, so the checkpoints come from
// the command line.
func verifyDatabase(ctx context.Context, name string, v verification) (err error) {
	keyOf, err := keysByLedger(v.keys)
	if err != nil {
		return err
	}
	db, err := database.OpenReadOnly(ctx, databaseNamed(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	copier := audit.Copier{Database: db}
	ledgers, err := chosenOf(ctx, copier, v.ledgers)
	if err != nil {
		return err
	}
	if len(v.older) > 0 && len(v.keys) != 1 {
		return errors.New("checkpoints belong to one ledger: name it with --ledger, and give its --key")
	}
	return showAll(v.out, ledgers, v.asJSON, func(ledger string) (*verify.Report, error) {
		against := verify.Evidence{Ledger: ledger, Key: keyOf[ledger]}
		if err := addDerived(ctx, copier, &against); err != nil {
			return nil, err
		}
		if against.Key != "" {
			if against.Statements, err = statementsOf(ctx, copier, ledger, against.Key); err != nil {
				return nil, err
			}
			against.Checkpoint, against.Older = verify.Newest(ledger, against.Key, against.Statements, v.older)
		}
		return verify.Copy(ctx, rowsOf(copier.Copy(ctx, ledger)), against)
	})
}

// statementsOf makes the statements about a ledger's keys from the events that repeat
// them. An event that repeats none is left out. The verification comes to that event and
// reports that its statement is missing.
func statementsOf(ctx context.Context, copier audit.Copier, ledger, key string) ([]verify.Statement, error) {
	events, err := copier.Rekeys(ctx, ledger)
	if err != nil {
		return nil, err
	}
	var statements []verify.Statement
	for _, e := range events {
		if s, err := verify.StatementOf(key, e); err == nil {
			statements = append(statements, s)
		}
	}
	return statements, nil
}

// addDerived adds the head and the index of the ledger to the evidence.
func addDerived(ctx context.Context, copier audit.Copier, against *verify.Evidence) error {
	against.Head = headOf(ctx, copier, against.Ledger)
	posted := func() (int64, error) { return copier.Indexed(ctx, against.Ledger) }
	blocks, err := posted()
	if err != nil {
		return err
	}
	against.Index = &verify.Index{Blocks: blocks, Now: posted, All: func(yield func(verify.IndexRow, error) bool) {
		for p, err := range copier.Index(ctx, against.Ledger) {
			if !yield(verify.IndexRow(p), err) {
				return
			}
		}
	}}
	return nil
}

// headOf reads the head of a ledger for the verifier.
func headOf(ctx context.Context, copier audit.Copier, ledger string) func() (verify.Head, error) {
	return func() (verify.Head, error) {
		size, root, err := copier.Head(ctx, ledger)
		if errors.Is(err, audit.ErrTampered) {
			return verify.Head{Size: -1}, nil
		}
		return verify.Head{Size: size, Root: root.String()}, err
	}
}

// databaseNamed tells a PostgreSQL connection string from a file.
func databaseNamed(name string) database.Config {
	if strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") || strings.Contains(name, "=") {
		return database.Config{PostgreSQL: name}
	}
	return database.Config{SQLite: name}
}

func keysByLedger(keys []string) (map[string]string, error) {
	keyOf := map[string]string{}
	for _, key := range keys {
		ledger, err := ledgerOf(key)
		if err != nil {
			return nil, err
		}
		keyOf[ledger] = key
	}
	return keyOf, nil
}

func chosenOf(ctx context.Context, copier audit.Copier, named []string) ([]string, error) {
	all, err := copier.Ledgers(ctx)
	if err != nil || len(named) == 0 {
		return all, err
	}
	for _, n := range named {
		if !event.ValidLedger(n) || !slices.Contains(all, n) {
			return nil, fmt.Errorf("there is no ledger %q in this database: name another with --ledger, or none for all", n)
		}
	}
	return named, nil
}
