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

// maxEpochs is how many epochs of a published ledger are verified. Each is a restore that
// lost something.
const maxEpochs = 1000

// Published verifies a folder that one ledger was published to. The newest checkpoint in
// it is what the events are held against, unless against names one; all others in it are
// older ones beside those that against names. Nothing in the folder is trusted: what is
// too large, missing or malformed is a problem in the report.
//
// A ledger in a later epoch is verified where that is published, which is whole. Of each
// epoch before, what is published is verified too, and must end exactly where the next
// one says that it does.
func Published(ctx context.Context, folder fs.FS, against Evidence) (*Report, error) {
	report, err := publishedLedger(ctx, folder, against)
	if err != nil {
		return nil, fmt.Errorf("verifying published ledger: %w", err)
	}
	return report, nil
}

// Served verifies a ledger as a gateway serves it, which is as tiles: whole, with its
// newest checkpoint alone, and under the name of the epoch that it is in. The statements
// about its keys have to come with against.
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
	for _, mark := range newest.v.marks {
		if !slices.Contains(epochs, mark.Former) {
			report.problem(KindEpoch, mark.Size, "epoch %d, which ended here, is not published", mark.Former)
		}
	}
	for _, epoch := range epochs[:len(epochs)-1] {
		if err := verifyFormer(ctx, folder, epoch, newest.v.marks, against, report); err != nil {
			return nil, err
		}
	}
	return report, nil
}

// verifyFormer verifies what is published of an epoch that has ended.
func verifyFormer(ctx context.Context, folder fs.FS, epoch int64, marks []event.EpochChange, against Evidence, report *Report) error {
	p := newPublished(folder, epoch)
	p.former = true
	former, err := p.verify(ctx, Evidence{Ledger: against.Ledger, Key: against.Key, Statements: against.Statements})
	if err != nil {
		return err
	}
	for _, found := range former.Problems {
		report.problem(found.Kind, found.Seq, "in epoch %d: %s", epoch, found.Detail)
	}
	report.Found += former.Found - int64(len(former.Problems))
	i := slices.IndexFunc(marks, func(m event.EpochChange) bool { return m.Former == epoch })
	switch {
	case i < 0:
		report.problem(KindEpoch, NoSeq, "epoch %d is published, and no other follows on it", epoch)
	case former.Checkpoint < 0:
		report.problem(KindEpoch, marks[i].Size, "the last checkpoint of epoch %d is not published", epoch)
	case former.Checkpoint != marks[i].Size || p.v.lastRoot != marks[i].Root:
		report.problem(KindEpoch, marks[i].Size, "epoch %d names another last checkpoint of epoch %d than the one that is published", marks[i].Epoch, epoch)
	}
	return nil
}

// epochsIn are those that have a folder, in their order. The first has the folder itself.
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
		// One that has begun and was not published yet has no checkpoint.
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

// namesIn are the names in a folder; none when there is no such folder.
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
