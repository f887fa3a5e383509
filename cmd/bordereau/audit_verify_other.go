package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

// otherSources are the sources of `audit verify` beside an installation and published
// tiles.
type otherSources struct {
	pack     string
	database string
	live     liveFlags
}

// verification has the flags that all sources share.
type verification struct {
	ledgers, keys []string
	older         [][]byte
	tiles         tilesFlags
	asJSON        bool
	out           io.Writer
}

func (o *otherSources) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.pack, "pack", "", "evidence pack to verify; with --tiles, also against a copy of its ledger")
	f.StringVar(&o.database, "database", "", "database to verify: an SQLite file, or a PostgreSQL connection string; it is only read")
	o.live.addFlags(cmd)
	sources := []string{"pack", "database", "api", "data", "config"}
	for i, a := range sources[:3] {
		for _, b := range sources[i+1:] {
			cmd.MarkFlagsMutuallyExclusive(a, b)
		}
	}
	cmd.MarkFlagsMutuallyExclusive("tiles", "database")
	cmd.MarkFlagsMutuallyExclusive("tiles", "api")
	cmd.MarkFlagsMutuallyExclusive("pack", "ledger")
}

// check refuses flags that would be ignored.
func (o *otherSources) check(tiles tilesFlags, keys []string) error {
	switch {
	case len(keys) == 0 && tiles.place != "":
		return usageError("--tiles needs the --key of each ledger: ask a person whom you trust for it")
	case len(keys) > 0 && tiles.place == "" && !o.chosen():
		return usageError("--key goes with --tiles, --pack, --database or --api: leave it out for an installation, which has its own keys")
	}
	if err := tiles.check(); err != nil {
		return err
	}
	return o.live.check(keys)
}

func (o *otherSources) chosen() bool { return o.pack != "" || o.database != "" || o.live.to.url != "" }

func (o *otherSources) verify(ctx context.Context, v verification) error {
	switch {
	case o.pack != "":
		return verifyPack(ctx, o.pack, v.keys, v.older, v.tiles, v.asJSON, v.out)
	case o.database != "":
		return verifyDatabase(ctx, o.database, v)
	default:
		return verifyLive(ctx, o.live, v)
	}
}
