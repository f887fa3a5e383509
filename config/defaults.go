package config

import (
	"log/slog"
	"path/filepath"
	"time"
)

// Default gives the defaults: everything on this machine, reachable only from it. Its
// paths are still relative, and the paths inside the data folder are still empty; see
// Resolve.
func Default() Config {
	return Config{
		DataDir:   "data",
		PublicURL: "http://127.0.0.1:8443",
		Listen:    Listen{API: "127.0.0.1:8443", Admin: "127.0.0.1:8444"},
		Database:  Database{Engine: SQLite},
		Objects:   Objects{Engine: Folder, Region: "us-east-1", Secure: true, LargestPut: 5 << 30, SweepEvery: 24 * time.Hour},
		Ledger: Ledger{
			Origin:    "bordereau.localhost",
			Publish:   Publish{Engine: Folder, Region: "us-east-1", Secure: true, RetentionMode: NoRetention, Every: time.Minute},
			Retention: Retention{Content: 730, Work: 365, Access: 1096, SignIn: 365, Audit: 1096, Denial: 730, Names: 365},
		},
		Backups: Backups{Days: 35},
		Log:     Log{Level: slog.LevelInfo, Format: Text},
		Limits: Limits{
			VerifyWhole: 4 << 20,
			LedgerWait:  2 * time.Second,
			ReadHeader:  10 * time.Second,
			Stall:       time.Minute,
			Idle:        2 * time.Minute,
			Shutdown:    30 * time.Second,
		},
	}
}

// Resolve gives c with all its paths. Relative paths count from folder. An empty path
// gets its place in the data folder where the engine in use needs one. Load calls Resolve
// itself; call it for a configuration that begins with Default.
func (c Config) Resolve(folder string) Config {
	c.DataDir = under(folder, c.DataDir)
	for _, path := range []*string{&c.TLS.Cert, &c.TLS.Key, &c.Objects.CAFile, &c.Ledger.Publish.CAFile} {
		*path = under(folder, *path)
	}
	inData := func(path *string, name string) {
		if *path == "" {
			*path = filepath.Join(c.DataDir, name)
		}
		*path = under(folder, *path)
	}
	if c.Database.Engine == SQLite {
		inData(&c.Database.Path, "bordereau.db")
	}
	if c.Objects.Engine == Folder {
		inData(&c.Objects.Dir, "objects")
	}
	if c.Keys.RootSecret.IsEmpty() {
		inData(&c.Keys.Root, "root.key")
	}
	inData(&c.Keys.Token, "token.key")
	inData(&c.Keys.Receipt, "receipt.key")
	inData(&c.Keys.Ledger, "ledger.key")
	if c.Ledger.Publish.Engine == Folder {
		inData(&c.Ledger.Publish.Dir, "published")
	}
	return c
}

// under puts a relative path under folder. An empty path stays empty.
func under(folder, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}
