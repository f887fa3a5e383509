package databasetest

import (
	"os"
	"path/filepath"
	"testing"
)

// KeptServer is a server whose folder stays when the test ends. It is for data that takes
// long to make: a later call finds the data again. The folder must exist. Its path must
// be short, because a socket is made in it.
func KeptServer(t testing.TB, folder string) *Server {
	t.Helper()
	owner, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{folder: folder, programs: findPrograms(t), owner: owner, kept: true}
	if owner != nil {
		if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(s.data(), "PG_VERSION")); err != nil {
		if err := s.create(); err != nil {
			t.Fatal("making PostgreSQL: ", err)
		}
	}
	s.Start(t)
	t.Cleanup(func() { s.end("keep") })
	return s
}

// KeptDSN is the connection string of the server's own database, which stays.
func (s *Server) KeptDSN() string { return s.dsn() }
