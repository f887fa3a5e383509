package audit

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// importing compares the published events of a ledger, from the first on, with those in
// the database. It reads all of them, also where they agree, because the root is over all
// of them.
type importing struct {
	ledger    *Ledger
	tx        *sql.Tx
	beginning Beginning

	head   head                   // of the published events read so far
	forked []pending              // events of the database that were set aside, as drafts to record again
	ended  map[string]event.Phase // accesses that an imported event ends, and how
	open   map[string]entry       // accesses that have not ended
	done   Continuation
}

// held is a row of the database.
type held struct {
	seq  int64
	leaf []byte
	pending
}

func (i *importing) run(ctx context.Context) error {
	b, l := i.beginning, i.ledger
	epoch := l.Epoch(b.Ledger)
	i.done = Continuation{Ledger: b.Ledger, Epoch: max(epoch, b.History.Epoch) + 1, Begins: b.History.Size}
	err := i.tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM audit_event WHERE ledger = $1`, b.Ledger).Scan(&i.done.Held)
	if err != nil {
		return err
	}
	for first := int64(0); first < b.History.Size; first += TileWidth {
		width := int(min(TileWidth, b.History.Size-first))
		leaves, err := b.History.Bundle(ctx, first/TileWidth, width)
		if err != nil {
			return err
		}
		if err := i.bundle(ctx, first, leaves); err != nil {
			return err
		}
		if b.Progress != nil {
			b.Progress(i.head.size, b.History.Size)
		}
	}
	if err := i.checkRoot(); err != nil {
		return err
	}
	behind, err := i.headBehind(ctx)
	if err != nil {
		return err
	}
	if i.done.Imported == 0 && !behind {
		return ErrNotBehind // the database has all published events, and perhaps more that were not published yet
	}
	return i.fork(ctx)
}

// headBehind says whether the ledger's head is behind the published events, although the
// database holds them.
func (i *importing) headBehind(ctx context.Context) (behind bool, err error) {
	err = i.tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(size), 0) < $1 FROM audit_head WHERE ledger = $2`, i.done.Begins, i.beginning.Ledger).Scan(&behind)
	return behind, err
}

// checkRoot compares the published events with their checkpoint.
func (i *importing) checkRoot() error {
	root, err := i.head.compact.root()
	if err != nil {
		return err
	}
	if i.head.size != i.beginning.History.Size || root != i.beginning.History.Root {
		return fmt.Errorf("%w: the published events are not those that the published checkpoint was signed over", ErrTampered)
	}
	return nil
}

// bundle compares one bundle of published events, from first on, with the database.
func (i *importing) bundle(ctx context.Context, first int64, leaves [][]byte) error {
	there, err := i.rows(ctx, first, first+int64(len(leaves)))
	if err != nil {
		return fmt.Errorf("reading events: %w", err)
	}
	var missing []entry
	for n, leaf := range leaves {
		e, err := i.parse(first+int64(n), leaf)
		if err != nil {
			return err
		}
		same := false
		if len(there) > 0 && there[0].seq == e.Seq {
			if same = bytes.Equal(there[0].leaf, leaf); !same {
				if err := i.setAside(ctx, there[0]); err != nil {
					return fmt.Errorf("setting an event aside: %w", err)
				}
			}
			there = there[1:]
		}
		i.follow(e, !same)
		if !same {
			missing = append(missing, e)
		}
	}
	i.done.Imported += int64(len(missing))
	if err := i.write(ctx, missing); err != nil {
		return fmt.Errorf("importing events: %w", err)
	}
	return nil
}

// parse reads a published leaf and adds it to the tree.
func (i *importing) parse(seq int64, leaf []byte) (entry, error) {
	e, err := event.Parse(leaf)
	if err != nil || e.Ledger != i.beginning.Ledger || e.Seq != seq {
		return entry{}, fmt.Errorf("%w: the published event %d is not an event of this ledger in its place", ErrTampered, seq)
	}
	i.head.compact = i.head.compact.add(i.head.size, leaf)
	i.head.size++
	i.head.last = e.Time.UnixMicro()
	return entry{Event: e, leaf: leaf}, nil
}

// follow keeps the list of open accesses.
func (i *importing) follow(e entry, imported bool) {
	switch {
	case opens(&e.Event):
		i.open[e.ID] = entry{Event: e.Event}
	case ends(&e.Event):
		delete(i.open, e.Grant)
		if imported {
			i.ended[e.Grant] = e.Phase
		}
	}
}

// fork sets aside the events that the database held and the published ledger did not.
func (i *importing) fork(ctx context.Context) error {
	beyond, err := i.rows(ctx, i.done.Begins, math.MaxInt64)
	if err != nil || len(beyond) == 0 && i.done.SetAside == 0 {
		return err
	}
	if !i.beginning.Differing {
		return ErrDiffers
	}
	for len(beyond) > 0 {
		for _, row := range beyond {
			if err := i.setAside(ctx, row); err != nil {
				return fmt.Errorf("setting an event aside: %w", err)
			}
		}
		if beyond, err = i.rows(ctx, i.done.Begins, math.MaxInt64); err != nil {
			return err
		}
	}
	// Tiles are derived from leaves, and some of those have changed.
	_, err = i.tx.ExecContext(ctx, `DELETE FROM audit_tile WHERE ledger = $1`, i.beginning.Ledger)
	return err
}

// setAside moves an event of the database out of the ledger. It keeps the leaf as
// evidence, and the event as a draft to record again.
func (i *importing) setAside(ctx context.Context, row held) error {
	_, err := i.tx.ExecContext(ctx, `INSERT INTO audit_forked_event (ledger, epoch, seq, leaf) VALUES ($1, $2, $3, $4)`,
		i.beginning.Ledger, i.done.Epoch, row.seq, row.leaf)
	if err != nil {
		return err
	}
	for _, table := range []string{"audit_event", "audit_control_event"} {
		if _, err := i.tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE ledger = $1 AND seq = $2`, i.beginning.Ledger, row.seq); err != nil {
			return err
		}
	}
	i.done.SetAside++
	e, err := event.Parse(row.leaf)
	if err != nil || e.Ledger != i.beginning.Ledger {
		return nil // it was tampered with, and there is nothing to record again
	}
	e.Seq, e.Time = 0, time.Time{}
	if row.body, err = e.Leaf(); err != nil {
		return err
	}
	i.forked = append(i.forked, row.pending)
	return nil
}

// rows returns the database's events of a range in their order, at most as many as a
// bundle has.
func (i *importing) rows(ctx context.Context, from, until int64) ([]held, error) {
	rows, err := i.tx.QueryContext(ctx, `SELECT seq, ledger, leaf, priv, priv_salt FROM audit_event
		WHERE ledger = $1 AND seq >= $2 AND seq < $3 ORDER BY seq LIMIT $4`, i.beginning.Ledger, from, until, TileWidth)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []held
	for rows.Next() {
		var row held
		if err := rows.Scan(&row.seq, &row.ledger, &row.leaf, &row.clear, &row.salt); err != nil {
			return nil, err
		}
		events = append(events, row)
	}
	return events, rows.Err()
}
