package audit_test

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit"
)

// The compact range gives the root that x/mod computes from all stored hashes, and
// survives being stored.
func TestFrontierIsTheTree(t *testing.T) {
	var frontier audit.CompactRange
	var stored storedHashes
	for size := range int64(601) {
		want, err := tlog.TreeHash(size, stored)
		if err != nil {
			t.Fatal(err)
		}
		got, err := frontier.Root()
		if err != nil || got != want {
			t.Fatalf("root of %d leaves: %v, %v; want %v", size, got, err, want)
		}
		if frontier, err = audit.ParseCompactRange(size, frontier.Bytes()); err != nil {
			t.Fatal(err)
		}
		leaf := fmt.Appendf(nil, "leaf %d", size)
		frontier = frontier.Add(size, leaf)
		stored.add(t, size, leaf)
	}
}

func TestParseFrontierRefusesAnotherLength(t *testing.T) {
	for size, length := range map[int64]int{0: 32, 1: 0, 2: 64, 3: 63, 5: 96, -1: 64 * 32} {
		if _, err := audit.ParseCompactRange(size, make([]byte, length)); !errors.Is(err, audit.ErrTampered) {
			t.Errorf("%d bytes for %d leaves: %v, want ErrTampered", length, size, err)
		}
	}
}

// storedHashes is the tree as package tlog keeps it: every hash of every level.
type storedHashes []tlog.Hash

func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = s[index]
	}
	return hashes, nil
}

func (s *storedHashes) add(t testing.TB, size int64, leaf []byte) {
	t.Helper()
	hashes, err := tlog.StoredHashes(size, leaf, *s)
	if err != nil {
		t.Fatal(err)
	}
	*s = append(*s, hashes...)
}
