package verify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// checkpoint is a checkpoint whose signature is good.
type checkpoint struct {
	name   string // for people
	newest bool
	size   int64
	root   tlog.Hash
	epoch  int64 // whose name it has
	key    int   // place in the chain of the last key that signed it
}

// openCheckpoints collects the checkpoints to compare the copy with. A bad checkpoint is
// a problem, and is not compared.
func (v *verification) openCheckpoints(against Evidence) {
	if against.Checkpoint == nil {
		v.report.notChecked("there is no newest checkpoint")
	} else if c, ok := v.openCheckpoint("the checkpoint", against.Checkpoint); ok {
		c.newest = true
		v.report.Checkpoint, v.lastRoot = c.size, c.root
		v.due = append(v.due, c)
	}
	for i, signed := range against.Older {
		if c, ok := v.openCheckpoint(fmt.Sprintf("older checkpoint %d", i+1), signed); ok {
			v.due = append(v.due, c)
		}
	}
	slices.SortStableFunc(v.due, func(a, b checkpoint) int { return cmp.Compare(a.size, b.size) })
}

func (v *verification) openCheckpoint(name string, signed []byte) (checkpoint, bool) {
	c, kind, err := v.keys.open(signed)
	if err != nil {
		v.report.problem(kind, NoSeq, "%s %v", name, err)
		return c, false
	}
	c.name = name
	return c, true
}

// parseCheckpoint reads a note's text as in https://c2sp.org/tlog-checkpoint: origin,
// size and root in a line each, then extension lines, which it ignores.
func parseCheckpoint(text string) (origin string, c checkpoint, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 || slices.Contains(lines, "") {
		return "", checkpoint{}, errors.New("it has not its three lines")
	}
	c.size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || c.size < 0 || strconv.FormatInt(c.size, 10) != lines[1] {
		return "", checkpoint{}, errors.New("its size is not a number in its one form")
	}
	c.root, err = tlog.ParseHash(lines[2])
	if err != nil || c.root.String() != lines[2] {
		return "", checkpoint{}, errors.New("its root is not a hash in its one form")
	}
	return lines[0], c, nil
}
