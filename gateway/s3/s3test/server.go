// Package s3test runs an S3 server for tests: versitygw over a temporary folder, as a
// process of its own on a free port of this machine. A test on a machine without
// versitygw is skipped by package needs.
//
//	server := s3test.Start(t)
//	bucket, err := s3.Open(ctx, server.Config())
//
// A server that is already there can be named in the environment variable
// BORDEREAU_TEST_S3 (see Named).
package s3test

import (
	"bytes"
	"context"
	"crypto/rand"
	"go/build"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/s3"
)

const (
	bucket = "documents"
	region = "us-east-1"

	// startTimeout is when a server that does not answer counts as broken, far above the
	// half second it takes.
	startTimeout = time.Minute

	// startTries is how many ports are tried: another process may take one between our
	// choice and the server's start.
	startTries = 5
)

// Server is one running S3 server with an empty bucket. Its methods belong to the test's
// own goroutine.
type Server struct {
	t         testing.TB
	program   string
	folder    string // bodies
	versions  string // older versions of them; empty where the bucket keeps none
	accessKey string
	secretKey string
	address   string
	process   *process
}

// Start starts a server whose bucket keeps no versions. It ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	return start(t, "")
}

// StartVersioned is Start with a bucket that keeps every version.
func StartVersioned(t testing.TB) *Server {
	t.Helper()
	return start(t, t.TempDir())
}

// StartLocked is StartVersioned with a bucket that may lock objects (Lock), so that
// no one deletes them for a time.
func StartLocked(t testing.TB) *Server {
	t.Helper()
	return launched(t, t.TempDir(), true)
}

func start(t testing.TB, versions string) *Server {
	t.Helper()
	return launched(t, versions, false)
}

func launched(t testing.TB, versions string, locking bool) *Server {
	t.Helper()
	needs.Parallel(t)
	s := &Server{
		t: t,
		program: needs.Program(t, "versitygw", "BORDEREAU_TEST_VERSITYGW",
			"go install github.com/versity/versitygw/cmd/versitygw@v1.8.0", filepath.Join(build.Default.GOPATH, "bin")),
		folder:    t.TempDir(),
		versions:  versions,
		accessKey: rand.Text(),
		secretKey: rand.Text(),
	}
	t.Cleanup(s.Stop)
	for range startTries {
		s.address = freeAddress(t)
		if s.launch() {
			s.makeBucket(locking)
			return s
		}
	}
	t.Fatalf("starting versitygw: %s", s.process.output())
	return nil
}

// Config reaches the server's bucket. Callers set a Prefix to share it.
func (s *Server) Config() s3.Config {
	return s3.Config{
		Endpoint:  s.address,
		Insecure:  true,
		Region:    region,
		Bucket:    bucket,
		AccessKey: s.accessKey,
		SecretKey: s.secretKey,
	}
}

// Stop ends the server at once, as a crash does: nothing answers at its address until
// Restart. What is stored stays.
func (s *Server) Stop() {
	if s.process != nil {
		s.process.kill()
	}
}

// Restart starts the server again at the same address, with what it has stored, after
// Stop.
func (s *Server) Restart() {
	s.t.Helper()
	if !s.launch() {
		s.t.Fatalf("restarting versitygw: %s", s.process.output())
	}
}

// launch starts the process and says whether it answers; it does not where its port is
// taken.
func (s *Server) launch() bool {
	s.t.Helper()
	args := []string{"--port", s.address, "--region", region, "--keep-alive", "--quiet", "posix"}
	if s.versions != "" {
		args = append(args, "--versioning-dir", s.versions)
	}
	command := exec.Command(s.program, append(args, s.folder)...)
	command.Env = append(command.Environ(), "ROOT_ACCESS_KEY="+s.accessKey, "ROOT_SECRET_KEY="+s.secretKey)
	s.process = run(s.t, command)

	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for ctx.Err() == nil && !s.process.ended() {
		// The client waits between its tries. Only our server knows the keys, so an
		// answer is its answer.
		if _, err := s.client().ListBuckets(ctx); err == nil {
			return true
		}
	}
	return false
}

func (s *Server) makeBucket(locking bool) {
	s.t.Helper()
	client, ctx := s.client(), context.Background()
	if err := client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{Region: region, ObjectLocking: locking}); err != nil {
		s.t.Fatalf("making the bucket: %v", err)
	}
	if s.versions == "" || locking { // a lock brings the versions with it
		return
	}
	if err := client.EnableVersioning(ctx, bucket); err != nil {
		s.t.Fatalf("enabling versions: %v", err)
	}
}

func (s *Server) client() *minio.Client {
	s.t.Helper()
	client, err := minio.New(s.address, &minio.Options{
		Creds:  credentials.NewStaticV4(s.accessKey, s.secretKey, ""),
		Region: region,
		// Between starting and answering are some hundred milliseconds.
		MaxRetries: 2,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// process is a command that runs, and what it has printed.
type process struct {
	command *exec.Cmd
	done    chan struct{} // closed once it has ended

	mu      sync.Mutex
	printed bytes.Buffer // owned by mu
}

func run(t testing.TB, command *exec.Cmd) *process {
	t.Helper()
	p := &process{command: command, done: make(chan struct{})}
	command.Stdout, command.Stderr = p, p
	if err := command.Start(); err != nil {
		t.Fatalf("starting %s: %v", command.Path, err)
	}
	go func() {
		defer close(p.done)
		command.Wait()
	}()
	return p
}

// Write implements io.Writer for the command's output.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.printed.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.TrimSpace(p.printed.String())
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// kill ends the process and waits for its end.
func (p *process) kill() {
	p.command.Process.Kill()
	<-p.done
}
