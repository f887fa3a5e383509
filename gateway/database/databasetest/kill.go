package databasetest

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Kill ends the server as a crash does: SIGKILL to the postmaster and to every process
// under it, in the middle of their work. The data on disk stays, and Start recovers from
// it.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		t.Fatal("killing PostgreSQL: ", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	postmaster, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal("killing PostgreSQL: ", err)
	}
	// A stopped postmaster starts no more children.
	if err := freeze(postmaster); err != nil {
		t.Fatal("killing PostgreSQL: ", err)
	}
	awaitState(t, postmaster, 'T')
	// The postmaster goes first. Otherwise it reports the death of its children to their
	// clients and begins to recover.
	children := childrenOf(postmaster)
	for _, process := range append([]int{postmaster}, children...) {
		if err := kill(process); err != nil {
			t.Fatal("killing PostgreSQL: ", err)
		}
	}
	// A new server refuses to start while one of them still holds the shared memory.
	for _, process := range children {
		awaitState(t, process, 'Z')
	}
	s.end("keep") // ends the shell, and keeps the folder
}

// childrenOf lists the running processes that the process has started.
func childrenOf(parent int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var children []int
	for _, name := range stats {
		process, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil {
			continue
		}
		if _, itsParent := stateOf(process); itsParent == parent {
			children = append(children, process)
		}
	}
	return children
}

// stateOf reads a process's state, as 'R' or 'Z', and its parent. Both are zero for a
// process that is gone.
func stateOf(process int) (state byte, parent int) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(process) + "/stat")
	if err != nil {
		return 0, 0
	}
	// The second field is the program's name in parentheses, which may hold anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 2 {
		return 0, 0
	}
	parent, _ = strconv.Atoi(fields[1])
	return fields[0][0], parent
}

// awaitState waits until the process is in the state, or gone.
func awaitState(t testing.TB, process int, want byte) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if state, _ := stateOf(process); state == 0 || state == want {
			return
		}
	}
	t.Fatalf("killing PostgreSQL: process %d does not reach the state %c", process, want)
}

// URL is DSN in the form of an address, as in the configuration of an installation.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	config, err := pgx.ParseConfig(s.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{"host": {s.folder}, "sslmode": {"disable"}}
	return (&url.URL{Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database, RawQuery: query.Encode()}).String()
}
