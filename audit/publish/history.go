package publish

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
)

// Differences lists the ledgers whose published events differ from those in the database,
// each with its error: a *Rollback, a *Fork or a *Lost, as in Check.
func (p *Publisher) Differences(ctx context.Context) (map[string]error, error) {
	ledgers, err := p.ledgers(ctx)
	if err != nil {
		return nil, fmt.Errorf("comparing with what is published: %w", err)
	}
	differences := map[string]error{}
	for _, ledger := range ledgers {
		err := p.check(ctx, ledger)
		var lost *Lost
		if TwoHistories(err) || errors.As(err, &lost) {
			differences[ledger] = err
		} else if err != nil {
			return nil, fmt.Errorf("comparing with what is published: %w", err)
		}
	}
	return differences, nil
}

// History is the last published state of a ledger. Its checkpoint is verified; the
// bundles are not trusted yet.
func (p *Publisher) History(ctx context.Context, ledger string) (audit.History, error) {
	if !event.ValidLedger(ledger) {
		return audit.History{}, errors.New("reading what is published: no such ledger")
	}
	newest, err := p.newest(ctx, ledger)
	if err != nil {
		return audit.History{}, fmt.Errorf("reading what is published: %w", err)
	}
	at := place(ledger, newest.epoch)
	return audit.History{Epoch: newest.epoch, Size: newest.size, Root: newest.root,
		Bundle: func(ctx context.Context, index int64, width int) ([][]byte, error) {
			return p.readBundle(ctx, at, index, width)
		}}, nil
}

// Checkpoints returns the newest published checkpoint of each epoch of a ledger,
// unverified.
func (p *Publisher) Checkpoints(ctx context.Context, ledger string) ([][]byte, error) {
	epochs, err := p.epochs(ctx, ledger)
	if err != nil {
		return nil, fmt.Errorf("reading what is published: %w", err)
	}
	var notes [][]byte
	for _, epoch := range epochs {
		signed, err := p.config.Sink.Read(ctx, place(ledger, epoch)+"/checkpoint")
		if err == nil {
			notes = append(notes, signed)
		} else if !errors.Is(err, ErrMissing) {
			return nil, fmt.Errorf("reading what is published: %w", err)
		}
	}
	return notes, nil
}

// readBundle reads the first width leaves of a bundle. A longer bundle may have replaced
// a partial one.
func (p *Publisher) readBundle(ctx context.Context, place string, index int64, width int) ([][]byte, error) {
	name := audit.TileName{Level: audit.EntriesLevel, Index: index, Width: width}
	data, err := p.config.Sink.Read(ctx, place+"/tile/"+name.String())
	if errors.Is(err, ErrMissing) && !name.Full() {
		name.Width = audit.TileWidth
		data, err = p.config.Sink.Read(ctx, place+"/tile/"+name.String())
	}
	if err != nil {
		return nil, err
	}
	leaves, err := ParseBundle(data, width)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return leaves, nil
}

// ParseBundle reads the first n leaves of an entry bundle, each with its length before
// it, two bytes, big-endian.
func ParseBundle(data []byte, n int) ([][]byte, error) {
	leaves := make([][]byte, 0, min(n, audit.TileWidth))
	for len(leaves) < n {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%w: a bundle ends within an event", audit.ErrTampered)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		leaves, data = append(leaves, data[2:end]), data[end:]
	}
	return leaves, nil
}
