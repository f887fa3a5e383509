package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// place is where an epoch of a ledger is published: the first in the ledger's folder, the
// others in folders of their number within it. Each is whole, from the first event on: a
// log that any client of such logs reads.
func place(ledger string, epoch int64) string {
	if epoch <= 1 {
		return ledger
	}
	return ledger + "/" + strconv.FormatInt(epoch, 10)
}

// checkpointName is where the checkpoint of a size is published: names sort as sizes do.
func checkpointName(place string, size int64) string {
	return place + "/checkpoints/" + twentyDigits(size)
}

// statementName is where the statement about the key that an event brought is published.
func statementName(place string, seq int64) string { return place + "/keys/" + twentyDigits(seq) }

func twentyDigits(n int64) string {
	digits := strconv.FormatInt(n, 10)
	return "00000000000000000000"[len(digits):] + digits
}

// newest is the largest checkpoint of the newest epoch that has one.
func (p *Publisher) newest(ctx context.Context, ledger string) (checkpoint, error) {
	epochs, err := p.epochs(ctx, ledger)
	if err != nil {
		return checkpoint{}, err
	}
	for _, epoch := range epochs {
		newest, err := p.newestIn(ctx, ledger, epoch)
		if err != nil || newest.size > 0 {
			return newest, err
		}
	}
	return checkpoint{epoch: 1}, nil
}

// epochs are those that something is published of, the newest first.
func (p *Publisher) epochs(ctx context.Context, ledger string) ([]int64, error) {
	names, err := p.config.Sink.List(ctx, ledger)
	if err != nil {
		return nil, err
	}
	epochs := []int64{1}
	for _, name := range names {
		if epoch, err := strconv.ParseInt(name, 10, 64); err == nil && epoch > 1 && strconv.FormatInt(epoch, 10) == name {
			epochs = append(epochs, epoch)
		}
	}
	slices.Sort(epochs)
	slices.Reverse(epochs)
	return epochs, nil
}

// newestIn is the largest checkpoint that is published of an epoch, whatever the file
// checkpoint says.
func (p *Publisher) newestIn(ctx context.Context, ledger string, epoch int64) (checkpoint, error) {
	newest, at := checkpoint{epoch: epoch}, place(ledger, epoch)
	names, err := p.config.Sink.List(ctx, at+"/checkpoints")
	if err != nil {
		return newest, err
	}
	if len(names) > 0 {
		name := at + "/checkpoints/" + names[len(names)-1]
		if newest, err = p.read(ctx, ledger, epoch, name); err != nil {
			return newest, err
		}
		if name != checkpointName(at, newest.size) {
			return newest, &Fork{What: name + " is of another size than its name says"}
		}
	}
	pointed, err := p.read(ctx, ledger, epoch, at+"/checkpoint")
	if err == nil && pointed.size > newest.size {
		return pointed, nil
	}
	if errors.Is(err, ErrMissing) {
		err = nil
	}
	return newest, err
}

// read opens a published checkpoint. One that is not ours is a fork: nobody else writes
// there.
func (p *Publisher) read(ctx context.Context, ledger string, epoch int64, name string) (checkpoint, error) {
	signed, err := p.config.Sink.Read(ctx, name)
	if err != nil {
		return checkpoint{}, err
	}
	verifiers, err := p.config.Ledger.Verifiers(ledger, epoch)
	if err != nil {
		return checkpoint{}, err
	}
	c, _, _, err := log.ParseCheckpoint(signed, verifiers[0].Name(), signedBy(signed, verifiers))
	if err != nil {
		return checkpoint{}, &Fork{What: fmt.Sprintf("%s is not a checkpoint of this ledger, signed with a key of it: %v", name, err)}
	}
	if len(c.Hash) != tlog.HashSize {
		return checkpoint{}, &Fork{What: name + " has no root"}
	}
	return checkpoint{epoch: epoch, size: int64(c.Size), root: tlog.Hash(c.Hash)}, nil
}

// signedBy is the first of the keys that has signed; the newest when none has.
func signedBy(signed []byte, keys []note.Verifier) note.Verifier {
	for _, key := range keys {
		if _, err := note.Open(signed, note.VerifierList(key)); err == nil {
			return key
		}
	}
	return keys[0]
}
