package audit

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	// TileWidth is how many hashes, or entries, a full tile holds.
	TileWidth = 256
	// tileHeight is how many levels of the tree a tile stands for.
	tileHeight = 8
	// EntriesLevel is the level of an entry bundle: the leaves themselves.
	EntriesLevel = -1
	// maxTileLevel is the highest level that a tree of less than 2^63 leaves has a tile
	// on.
	maxTileLevel = 7
	// maxTileIndex keeps every sequence number below a named tile within an int64.
	maxTileIndex = 1 << 54
)

// TileName names a tile as https://c2sp.org/tlog-tiles does, without the leading "tile/":
// level, index in groups of three digits, and the width of a tile that is not full.
//
//	0/x001/x234/067      the full tile 1234067 of level 0
//	1/000.p/4            the first 4 hashes of tile 0 of level 1
//	entries/005.p/17     the first 17 entries of bundle 5
type TileName struct {
	Level int   // EntriesLevel, or 0 to 7
	Index int64 // from 0
	Width int   // 1 to TileWidth
}

// ParseTileName reads a name in its one form; anything else is an ErrQuery.
func ParseTileName(s string) (TileName, error) {
	malformed := fmt.Errorf("%w: tile name", ErrQuery)
	level, rest, ok := strings.Cut(s, "/")
	if !ok || len(s) > 64 {
		return TileName{}, malformed
	}
	n := TileName{Level: EntriesLevel, Width: TileWidth}
	var err error
	if level != "entries" {
		if n.Level, err = strconv.Atoi(level); err != nil {
			return TileName{}, malformed
		}
	}
	index, width, partial := strings.Cut(rest, ".p/")
	if partial {
		if n.Width, err = strconv.Atoi(width); err != nil {
			return TileName{}, malformed
		}
	}
	digits := strings.ReplaceAll(strings.ReplaceAll(index, "x", ""), "/", "")
	if n.Index, err = strconv.ParseInt(digits, 10, 64); err != nil {
		return TileName{}, malformed
	}
	// The reading above is lenient. This comparison refuses every text but the one that
	// String writes.
	if !n.valid() || n.String() != s {
		return TileName{}, malformed
	}
	return n, nil
}

func (n TileName) valid() bool {
	return n.Level >= EntriesLevel && n.Level <= maxTileLevel && n.Index >= 0 && n.Index < maxTileIndex &&
		n.Width >= 1 && n.Width <= TileWidth
}

// String is the name.
func (n TileName) String() string {
	level := "entries"
	if n.Level != EntriesLevel {
		level = strconv.Itoa(n.Level)
	}
	index := fmt.Sprintf("%03d", n.Index%1000)
	for i := n.Index / 1000; i > 0; i /= 1000 {
		index = fmt.Sprintf("x%03d/%s", i%1000, index)
	}
	if n.Width < TileWidth {
		index += ".p/" + strconv.Itoa(n.Width)
	}
	return level + "/" + index
}

// Full says whether the tile is full, and so never grows.
func (n TileName) Full() bool { return n.Width == TileWidth }
