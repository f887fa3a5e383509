package verify

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
)

const (
	tileWidth = 256
	// maxBundle is the largest bundle: 256 leaves, each with its length in two bytes.
	maxBundle = tileWidth * (2 + event.MaxLeaf)
	// maxNote is more than the largest checkpoint with many signatures.
	maxNote = 64 << 10
	// maxCheckpoints is the largest number of published checkpoints to compare.
	maxCheckpoints = 100_000
	// maxNames is the largest number of names of checkpoints to read.
	maxNames = 10_000_000
	// maxStatements is the largest number of keys of a ledger.
	maxStatements = 1000
)

// verify compares the events of one epoch's folder with the checkpoints in it.
func (p *published) verify(ctx context.Context, against Evidence) (*Report, error) {
	if against.Checkpoint == nil {
		checkpoints, err := p.checkpoints(against)
		if err != nil {
			return nil, err
		}
		if n := len(checkpoints); n > 0 {
			against.Checkpoint = checkpoints[n-1]
			against.Older = append(slices.Clone(against.Older), checkpoints[:n-1]...)
		}
	}
	v, err := begin(against)
	if err != nil {
		return nil, err
	}
	p.v = v
	if p.skipped > 0 {
		v.report.notChecked("%d of the checkpoints in the folder: only the newest %d are", p.skipped, maxCheckpoints)
	}
	for _, name := range p.foreign {
		v.report.problem(KindOrigin, NoSeq, "%s is a checkpoint of another epoch", name)
	}
	if err := p.events(ctx, max(v.report.Checkpoint, 0)); err != nil {
		return nil, err
	}
	if p.former {
		v.coveredEarlier = 0 // the epoch that follows covers it
	}
	return v.report, v.end()
}

// published is the state of one run.
type published struct {
	folder  fs.FS
	prefix  string // of names in it
	epoch   int64  // 0: whichever the ledger is in
	former  bool   // another epoch follows on it
	v       *verification
	skipped int
	foreign []string  // checkpoints that do not belong here
	levels  []pending // from the leaves' hashes up
}

func newPublished(folder fs.FS, epoch int64) *published {
	p := &published{folder: folder, epoch: epoch}
	if epoch > 1 {
		p.prefix = strconv.FormatInt(epoch, 10) + "/"
	}
	return p
}

// pending are the hashes of a tile that is not full yet.
type pending struct {
	index  int64
	hashes []tlog.Hash
}

// checkpoints returns the checkpoints in the folder. The last is the largest with a good
// signature, so that a bad one is reported and the rest can still be proven.
func (p *published) checkpoints(against Evidence) ([][]byte, error) {
	names, err := namesIn(p.folder, p.prefix+"checkpoints")
	if err != nil {
		return nil, err
	}
	if extra := len(names) - maxCheckpoints; extra > 0 {
		p.skipped, names = extra, names[extra:]
	}
	for i := range names {
		names[i] = "checkpoints/" + names[i]
	}
	// begin refuses a malformed key, and reports bad statements.
	keys, err := newKeys(against.Ledger, against.Key, against.Statements, func(int64, string, ...any) {})
	if err != nil {
		return nil, err
	}
	var newest int64 = -1
	var notes [][]byte
	for _, name := range append(names, "checkpoint") {
		signed, err := p.read(name, maxNote)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			signed = []byte{} // reported as a malformed checkpoint
		}
		if n := len(notes); n > 0 && bytes.Equal(signed, notes[n-1]) {
			continue // the file checkpoint repeats the newest of the others
		}
		notes = append(notes, signed)
		c, _, err := keys.open(signed)
		if err == nil && p.epoch > 0 && c.epoch != p.epoch {
			p.foreign = append(p.foreign, name)
		}
		if err == nil && c.size > newest {
			newest = c.size
		} else if n := len(notes); n > 1 {
			notes[n-1], notes[n-2] = notes[n-2], notes[n-1] // the largest stays last
		}
	}
	return notes, nil
}

// statements returns the statements about the ledger's keys. It ignores a file whose name
// is no number.
func (p *published) statements() ([]Statement, error) {
	names, err := namesIn(p.folder, p.prefix+"keys")
	if err != nil {
		return nil, err
	}
	var statements []Statement
	for _, name := range names {
		seq, err := strconv.ParseInt(name, 10, 64)
		if err != nil || seq < 0 || fmt.Sprintf("%020d", seq) != name {
			continue
		}
		if len(statements) == maxStatements {
			return nil, fmt.Errorf("it has more than %d keys", maxStatements)
		}
		signed, err := p.read("keys/"+name, maxNote)
		if err != nil {
			signed = []byte{} // reported as a malformed statement
		}
		statements = append(statements, Statement{Seq: seq, Note: signed})
	}
	return statements, nil
}

// events reads the first size events from their bundles. It stops at the first bad
// bundle, because later events would have no known place.
func (p *published) events(ctx context.Context, size int64) error {
	for first := int64(0); first < size; first += tileWidth {
		if err := ctx.Err(); err != nil {
			return err
		}
		width := int(min(tileWidth, size-first))
		leaves, err := p.bundle(first/tileWidth, width)
		if err != nil {
			p.v.report.problem(KindTile, first, "bundle %s: %v", tilePath("entries", first/tileWidth, width), err)
			return nil
		}
		for i, leaf := range leaves {
			if err := p.v.row(Row{Seq: first + int64(i), Leaf: leaf}); err != nil {
				return err
			}
			p.add(0, tlog.RecordHash(leaf))
		}
	}
	for level := range p.levels {
		if len(p.levels[level].hashes) > 0 {
			p.compareTile(level)
		}
	}
	return nil
}

// bundle reads a bundle's leaves.
func (p *published) bundle(index int64, width int) ([][]byte, error) {
	data, exact, err := p.readTile("entries", index, width, maxBundle)
	if err != nil {
		return nil, err
	}
	leaves := make([][]byte, 0, width)
	for len(leaves) < width {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, errors.New("it ends within an event")
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		leaves, data = append(leaves, data[2:end]), data[end:]
	}
	if exact && len(data) > 0 {
		return nil, errors.New("it goes on after its last event")
	}
	return leaves, nil
}

// add puts a hash into the tile of its level that is being filled; a full one is compared
// and its root goes a level up.
func (p *published) add(level int, hash tlog.Hash) {
	if level == len(p.levels) {
		p.levels = append(p.levels, pending{})
	}
	tile := &p.levels[level]
	tile.hashes = append(tile.hashes, hash)
	if len(tile.hashes) < tileWidth {
		return
	}
	p.compareTile(level)
	root := rootOf(tile.hashes)
	tile.index, tile.hashes = tile.index+1, tile.hashes[:0]
	p.add(level+1, root)
}

// compareTile compares the published tile with that of the events.
func (p *published) compareTile(level int) {
	tile := p.levels[level]
	first := tile.index << (8 * (level + 1))
	name := tilePath(fmt.Sprint(level), tile.index, len(tile.hashes))
	data, exact, err := p.readTile(fmt.Sprint(level), tile.index, len(tile.hashes), tileWidth*tlog.HashSize)
	if size := len(tile.hashes) * tlog.HashSize; err == nil && (len(data) < size || exact && len(data) != size) {
		err = fmt.Errorf("it has %d bytes", len(data))
	}
	if err != nil {
		p.v.report.problem(KindTile, first, "tile %s: %v", name, err)
		return
	}
	for i, hash := range tile.hashes {
		if tlog.Hash(data[i*tlog.HashSize:(i+1)*tlog.HashSize]) != hash {
			p.v.report.problem(KindTile, first+int64(i)<<(8*level), "tile %s is not that of the events", name)
			return
		}
	}
}

// rootOf is the root over a full tile's hashes.
func rootOf(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(rootOf(hashes[:half]), rootOf(hashes[half:]))
}

// readTile reads a tile or bundle of a width. exact is false when the full one was read
// instead, because partial ones may be removed once the full one is there.
func (p *published) readTile(level string, index int64, width, limit int) (data []byte, exact bool, err error) {
	data, err = p.read("tile/"+tilePath(level, index, width), limit)
	exact = true
	if errors.Is(err, fs.ErrNotExist) && width < tileWidth {
		data, err = p.read("tile/"+tilePath(level, index, tileWidth), limit)
		exact = false
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("it is not there")
	}
	return data, exact, err
}

// read reads a regular file of at most limit bytes. A pipe or a device would never end.
func (p *published) read(name string, limit int) ([]byte, error) {
	name = p.prefix + name
	info, err := fs.Stat(p.folder, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	file, err := p.folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("it has more than %d bytes", limit)
	}
	return data, err
}

// tilePath is the name of a tile in https://c2sp.org/tlog-tiles: the index in groups of
// three digits, all but the last with an x before them.
func tilePath(level string, index int64, width int) string {
	path := fmt.Sprintf("%03d", index%1000)
	for index /= 1000; index > 0; index /= 1000 {
		path = fmt.Sprintf("x%03d/%s", index%1000, path)
	}
	if width < tileWidth {
		path += fmt.Sprintf(".p/%d", width)
	}
	return level + "/" + path
}
