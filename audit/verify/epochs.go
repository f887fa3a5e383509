package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"

	"github.com/bordereau/bordereau/audit/event"
)

// maxEpochs is the largest number of epochs of a published ledger. Each is a restore that
// lost events.
const maxEpochs = 1000

// Published verifies a folder that one ledger was published to. The events are compared
// with the newest checkpoint in it, unless against names one. All others in it count as
// older checkpoints, beside those of against. Nothing in the folder is trusted: a file
// that is too large, missing or malformed is a problem in the report.
//
// A ledger in a later epoch is verified in the folder of that epoch, which is whole. The
// folders of former epochs are verified too, and each must end exactly where the next one
// says.
func Published(ctx context.Context, folder fs.FS, against Evidence) (*Report, error) {
	report, err := publishedLedger(ctx, folder, against)
	if err != nil {
		return nil, fmt.Errorf("verifying published ledger: %w", err)
	}
	return report, nil
}

// Served verifies a ledger as a gateway serves it: as tiles, whole, with only its newest
// checkpoint, and under the name of its current epoch. The caller gives the statements
// about its keys in against.
func Served(ctx context.Context, folder fs.FS, against Evidence) (*Report, error) {
	report, err := newPublished(folder, 0).verify(ctx, against)
	if err != nil {
		return nil, fmt.Errorf("verifying served ledger: %w", err)
	}
	return report, nil
}

func publishedLedger(ctx context.Context, folder fs.FS, against Evidence) (*Report, error) {
	epochs, err := epochsIn(folder)
	if err != nil {
		return nil, err
	}
	newest := newPublished(folder, epochs[len(epochs)-1])
	if against.Statements, err = newest.statements(); err != nil {
		return nil, err
	}
	report, err := newest.verify(ctx, against)
	if err != nil {
		return nil, err
	}
	for _, change := range newest.v.epochChanges {
		if !slices.Contains(epochs, change.Former) {
			report.problem(KindEpoch, change.Size, "epoch %d, which ended here, is not published", change.Former)
		}
	}
	for _, epoch := range epochs[:len(epochs)-1] {
		if err := verifyFormer(ctx, folder, epoch, newest.v.epochChanges, against, report); err != nil {
			return nil, err
		}
	}
	return report, nil
}

// verifyFormer verifies the published folder of an epoch that has ended.
func verifyFormer(ctx context.Context, folder fs.FS, epoch int64, changes []event.EpochChange, against Evidence, report *Report) error {
	p := newPublished(folder, epoch)
	p.former = true
	former, err := p.verify(ctx, Evidence{Ledger: against.Ledger, Key: against.Key, Statements: against.Statements})
	if err != nil {
		return err
	}
	for _, p := range former.Problems {
		report.problem(p.Kind, p.Seq, "in epoch %d: %s", epoch, p.Detail)
	}
	report.Found += former.Found - int64(len(former.Problems))
	i := slices.IndexFunc(changes, func(m event.EpochChange) bool { return m.Former == epoch })
	switch {
	case i < 0:
		report.problem(KindEpoch, NoSeq, "epoch %d is published, and no other follows on it", epoch)
	case former.Checkpoint < 0:
		report.problem(KindEpoch, changes[i].Size, "the last checkpoint of epoch %d is not published", epoch)
	case former.Checkpoint != changes[i].Size || p.v.lastRoot != changes[i].Root:
		report.problem(KindEpoch, changes[i].Size, "epoch %d names another last checkpoint of epoch %d than the one that is published", changes[i].Epoch, epoch)
	}
	return nil
}

// epochsIn lists the epochs that have a folder, in their order. The first has the
// ledger's folder itself.
func epochsIn(folder fs.FS) ([]int64, error) {
	names, err := namesIn(folder, ".")
	if err != nil {
		return nil, err
	}
	epochs := []int64{1}
	for _, name := range names {
		epoch, err := strconv.ParseInt(name, 10, 64)
		if err != nil || epoch < 2 || strconv.FormatInt(epoch, 10) != name {
			continue
		}
		if info, err := fs.Stat(folder, name); err != nil || !info.IsDir() {
			continue
		}
		// An epoch that has begun and is not published yet has no checkpoint.
		notes, err := namesIn(folder, name+"/checkpoints")
		if err != nil {
			return nil, err
		}
		if len(notes) > 0 {
			epochs = append(epochs, epoch)
		}
	}
	if len(epochs) > maxEpochs {
		return nil, fmt.Errorf("it has %d epochs", len(epochs))
	}
	slices.Sort(epochs)
	return epochs, nil
}

// namesIn lists the names in a folder; none when there is no such folder.
func namesIn(folder fs.FS, name string) ([]string, error) {
	d, err := folder.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	dir, ok := d.(fs.ReadDirFile)
	if !ok {
		return nil, fmt.Errorf("%s is not a folder", name)
	}
	entries, err := dir.ReadDir(maxNames)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	slices.Sort(names)
	return names, nil
}
