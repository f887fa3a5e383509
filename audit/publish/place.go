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

// place is the folder of an epoch of a ledger: the ledger's folder for the first, a
// folder of its number within it for the others. Each is whole, from the first event on,
// so that any client of such logs reads it.
func place(ledger string, epoch int64) string {
	if epoch <= 1 {
		return ledger
	}
	return ledger + "/" + strconv.FormatInt(epoch, 10)
}

// checkpointName is the name of the checkpoint of a size. Names sort as sizes do.
func checkpointName(place string, size int64) string {
	return place + "/checkpoints/" + twentyDigits(size)
}

// statementName is the name of the statement about the key that an event brought.
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

// epochs lists the epochs with published files, the newest first.
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

// newestIn is the largest published checkpoint of an epoch. It ignores the file
// checkpoint, which may have been put back.
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

// read opens a published checkpoint. A checkpoint with a bad signature is a fork, because
// only the gateway writes there.
func (p *Publisher) read(ctx context.Context, ledger string, epoch int64, name string) (checkpoint, error) {
	signed, err := p.config.Sink.Read(ctx, name)
	if err != nil {
		return checkpoint{}, err
	}
	verifiers, err := p.config.Ledger.Verifiers(ledger, epoch)
	if err != nil {
		return checkpoint{}, err
	}
	if !isNote(signed) {
		return checkpoint{}, fmt.Errorf("reading %s: %w", name, errNoNote)
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

// isNote says whether the text has the form of a signed note, by any key.
func isNote(text []byte) bool {
	var unverified *note.UnverifiedNoteError
	_, err := note.Open(text, note.VerifierList())
	return errors.As(err, &unverified)
}

// signedBy is the first key that signed; the newest when none did.
func signedBy(signed []byte, keys []note.Verifier) note.Verifier {
	for _, key := range keys {
		if _, err := note.Open(signed, note.VerifierList(key)); err == nil {
			return key
		}
	}
	return keys[0]
}
