package databasetest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// Server is a PostgreSQL server for tests that stop it and start it again. It listens on
// a socket in its own folder and syncs to disk as a server in production does.
type Server struct {
	folder   string
	programs string // the folder of initdb and postgres
	owner    *credential
	keeper   *exec.Cmd      // the shell around postgres, nil while stopped
	orders   io.WriteCloser // its input
	kept     bool           // the folder is never removed
}

// NewServer starts a server of the test's own and removes it when the test ends. A
// machine without PostgreSQL skips the test.
func NewServer(t testing.TB) *Server {
	t.Helper()
	needs.Parallel(t)
	s := startServer(t)
	t.Cleanup(func() {
		s.end("remove")
		os.RemoveAll(s.folder)
	})
	return s
}

// DSN is the connection string of a new, empty database on the server.
func (s *Server) DSN(t testing.TB) string {
	t.Helper()
	return createDatabase(t, s.dsn(), "")
}

// Stop stops the server: connections break, and new ones are refused. Its data stays.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.end("keep")
}

// Start starts the server again and returns when it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal("starting PostgreSQL: ", err)
	}
}

func startServer(t testing.TB) *Server {
	t.Helper()
	s, err := initServer(findPrograms(t))
	if err == nil {
		err = s.start()
	}
	if err != nil {
		t.Fatal("starting PostgreSQL: ", err)
	}
	return s
}

// findPrograms is the folder of PostgreSQL's newest server programs: Debian keeps them
// off the PATH.
func findPrograms(t testing.TB) string {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(folders, func(a, b string) int { return majorVersion(b) - majorVersion(a) })
	initdb := needs.Program(t, "initdb", "BORDEREAU_TEST_INITDB", "Debian: apt-get install postgresql", folders...)
	return filepath.Dir(initdb)
}

func majorVersion(folder string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return version
}

// longestFolder is the greatest length of the path of a server's folder. The system
// limits the length of the path of the socket in it.
const longestFolder = 107 - len("/.s.PGSQL.5432")

// initServer makes the server's folder among the temporary ones. If we are root, the
// folder gets another owner, as whom PostgreSQL runs.
func initServer(programs string) (*Server, error) {
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "bordereau-pg-")
	if err != nil {
		return nil, err
	}
	if len(folder) > longestFolder {
		os.Remove(folder)
		return nil, fmt.Errorf("the path %s is too long for that of a socket: set TMPDIR to a shorter one", folder)
	}
	s := &Server{folder: folder, programs: programs, owner: owner}
	if owner != nil {
		if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
			return nil, err
		}
	}
	if err := s.create(); err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	return s, nil
}

func (s *Server) create() error {
	initdb := s.command(filepath.Join(s.programs, "initdb"), "--pgdata="+s.data(), "--username=bordereau", "--auth=trust",
		"--encoding=UTF8", "--no-locale", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }
func (s *Server) log() string  { return filepath.Join(s.folder, "log") }
func (s *Server) dsn() string {
	return fmt.Sprintf("host=%s user=bordereau dbname=postgres sslmode=disable", s.folder)
}

// command is a command in the server's folder, as its owner, in a process group of its
// own so that an interrupt from the terminal does not reach it.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	runAs(cmd, s.owner)
	return cmd
}

// keeper is the shell around postgres. It waits for one order on its input, and the end
// of the input is an order, too: when the test process dies, the kernel closes the pipe,
// and the shell removes server and folder.
const keeper = `
"$@" </dev/null >>log 2>&1 &
server=$!
read -r order
if [ "$order" = keep ]; then kill -INT $server; else kill -QUIT $server; fi
wait $server
if [ "$order" != keep ] && [ -z "$KEPT" ]; then cd / && rm -rf "$0"; fi
`

func (s *Server) start() error {
	s.keeper = s.command("/bin/sh", "-c", keeper, s.folder,
		filepath.Join(s.programs, "postgres"), "-D", s.data(),
		"-c", "listen_addresses=", "-c", "unix_socket_directories="+s.folder,
		"-c", "max_connections=1000", "-c", "shared_buffers=64MB")
	if s.kept {
		s.keeper.Env = append(s.keeper.Env, "KEPT=1")
	}
	orders, err := s.keeper.StdinPipe()
	if err != nil {
		return err
	}
	s.orders = orders
	if err := s.keeper.Start(); err != nil {
		return err
	}
	return s.ready()
}

// ready returns when the server answers.
func (s *Server) ready() (err error) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = execute(s.dsn(), "SELECT 1"); err == nil {
			return nil
		}
	}
	log, _ := os.ReadFile(s.log())
	s.end("remove")
	return fmt.Errorf("%w\n%s", err, log)
}

// end gives the keeper its order and waits until the server has ended.
func (s *Server) end(order string) {
	if s.keeper == nil {
		return
	}
	fmt.Fprintln(s.orders, order)
	s.orders.Close()
	s.keeper.Wait()
	s.keeper = nil
}
