package main

import (
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// publishedBucket is a bucket with 301 published events of an installation, behind a
// proxy (the door) that refuses writes.
type publishedBucket struct {
	server *s3test.Server
	c      s3.Config
	owner  *minio.Core // on the other side of the door
	where  where
	key    string // of the operator's ledger
	kept   string // file with an older checkpoint of it

	door    string       // address
	refused atomic.Int64 // refused requests, which were not for reading
	sent    atomic.Int64 // bytes that were read

	away atomic.Pointer[string] // requests for names with this end get no answer
}

// underHouse is where the operator's ledger is in the bucket.
const underHouse = "house/operator/"

func publishToBucket(t *testing.T, server *s3test.Server, mode config.RetentionMode) *publishedBucket {
	t.Helper()
	c := server.Config()
	b := &publishedBucket{server: server, c: c, owner: coreOf(t, c), where: houseInBucket(t, c, mode)}
	err := onLedger(t.Context(), b.where, func(_ context.Context, in *installation.Installation) error {
		b.key = in.Ledger.VerifierKey("operator")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.kept = write(t, "kept", string(b.read(t, "checkpoint")))
	record(t, b.where, 300)
	b.openDoor(t)
	haveKey(t, b.c)
	return b
}

// haveKey puts the bucket's key into the environment of commands.
func haveKey(t *testing.T, c s3.Config) {
	t.Setenv("AWS_ACCESS_KEY_ID", c.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", c.SecretKey)
	t.Setenv("AWS_SESSION_TOKEN", "")
}

func (b *publishedBucket) openDoor(t *testing.T) {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: b.c.Endpoint})
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Body = &counted{r.Body, &b.sent}
		return nil
	}
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) } // the reader went away
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch away := b.away.Load(); {
		case away != nil && strings.HasSuffix(r.URL.Path, *away):
			panic(http.ErrAbortHandler)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			b.refused.Add(1)
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>")
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(door.Close)
	b.door = door.Listener.Addr().String()
}

// counted counts the bytes read.
type counted struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func (b *publishedBucket) read(t *testing.T, name string) []byte {
	t.Helper()
	body, _, _, err := b.owner.GetObject(t.Context(), b.c.Bucket, underHouse+name, minio.GetObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// verify runs `bordereau audit verify --tiles s3://…` through the door.
func (b *publishedBucket) verify(t *testing.T, more ...string) (exit int, said string) {
	t.Helper()
	return commandLine(t, append([]string{"audit", "verify", "--tiles", "s3://" + b.c.Bucket + "/house", "--s3-endpoint", b.door, "--s3-secure=false",
		"--key", b.key}, more...)...)
}

func want(t *testing.T, what string, exit int, said string, wantExit int, wantSaid ...string) {
	t.Helper()
	for _, w := range wantSaid {
		if exit != wantExit || !strings.Contains(said, w) {
			t.Errorf("%s: exit code %d, want %d, and %q\n%s", what, exit, wantExit, w, said)
		}
	}
}

// A published ledger is verified in its bucket, with a key that may only read. Its
// problems are named as in a folder.
func TestVerifyABucket(t *testing.T) {
	needs.Alone(t)
	b := publishToBucket(t, s3test.Start(t), config.NoRetention)
	exit, said := b.verify(t, "--checkpoint", b.kept)
	want(t, "as published", exit, said, exitDone, "good   operator", "301 events")
	exit, said = b.verify(t, "--json")
	want(t, "for machines", exit, said, exitDone, `"ok":true`)

	pack := filepath.Join(t.TempDir(), "pack.zip")
	exit, said = commandLine(t, "audit", "export", "--data", b.where.data, "--ledger", "operator", "--format", "pack", "--out", pack)
	want(t, "exporting", exit, said, exitDone, "")
	exit, said = b.verify(t, "--pack", pack)
	want(t, "with a pack from it", exit, said, exitDone, "302 events under a checkpoint of 302", "303 events, root ")

	tile := b.read(t, "tile/0/000")
	tile[7*32] ^= 1
	b.tamper(t, "tile/0/000", tile, "tile 0/000 is not that of the events")
	bundle := strings.Replace(string(b.read(t, "tile/entries/000")), "audit.query", "audit.prove", 1)
	b.tamper(t, "tile/entries/000", []byte(bundle), "root: the events from here to")
	b.tamper(t, "checkpoint", []byte("nobody signed this"), "checkpoint")

	// An object that is larger than possible is refused, and not read.
	for name, said := range map[string]string{"tile/0/000": "tile 0/000: it has more than 8192 bytes",
		"tile/entries/000": "bundle entries/000: it has more than", "checkpoint": "checkpoint"} {
		before := b.sent.Load()
		b.tamper(t, name, make([]byte, 64<<20), said)
		if read := b.sent.Load() - before; read > 24<<20 {
			t.Errorf("%d bytes were read, of %s of 64 MiB", read, name)
		}
	}
	// When the bucket does not answer, at the beginning or later, no verdict about a
	// ledger is printed.
	for ending, doing := range map[string]string{"": "opening the published ledgers: ", "tile/entries/000": "verifying operator: reading operator/tile/entries/000: ",
		"checkpoint": "verifying operator: reading operator/checkpoint: "} {
		b.away.Store(&ending)
		exit, said = b.verify(t)
		want(t, "without an answer for "+ending, exit, said, exitFailed, doing)
		if strings.Contains(said, "operator   ") {
			t.Errorf("without an answer for %s it prints a verdict: %s", ending, said)
		}
	}
	b.away.Store(nil)

	if err := b.owner.RemoveObject(t.Context(), b.c.Bucket, underHouse+"tile/entries/000", minio.RemoveObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	exit, said = b.verify(t)
	want(t, "without a bundle", exit, said, exitFailed, "bundle entries/000: it is not there")
	if n := b.refused.Load(); n != 0 {
		t.Errorf("%d requests were not there to read", n)
	}
}

// tamper exchanges an object, has the bucket verified, and puts it back.
func (b *publishedBucket) tamper(t *testing.T, name string, content []byte, said string) {
	t.Helper()
	good := b.read(t, name)
	b.server.Overwrite(underHouse+name, content)
	exit, out := b.verify(t)
	want(t, name+" exchanged", exit, out, exitFailed, "WRONG  operator", said)
	b.server.Overwrite(underHouse+name, good)
}

// In a bucket with Object Lock the first versions are verified. A later version does not
// count, and neither does a delete marker, which would hide the end of the ledger.
func TestVerifyABucketWithObjectLock(t *testing.T) {
	needs.Alone(t)
	b := publishToBucket(t, s3test.StartLocked(t), config.Governance)
	const newest = "checkpoints/00000000000000000301"
	for _, name := range []string{newest, "tile/0/000"} {
		b.server.Overwrite(underHouse+name, []byte("another history"))
	}
	b.server.Overwrite(underHouse+"checkpoint", mustRead(t, b.kept))
	for _, name := range []string{newest, "tile/entries/000"} {
		if err := b.owner.RemoveObject(t.Context(), b.c.Bucket, underHouse+name, minio.RemoveObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	exit, said := b.verify(t, "--checkpoint", b.kept)
	want(t, "covered", exit, said, exitDone, "good   operator", "301 events")
	if n := b.refused.Load(); n != 0 {
		t.Errorf("%d requests were not there to read", n)
	}
}

// A ledger with a second epoch and a second key is followed in a bucket as in a folder.
func TestVerifyABucketInALaterEpoch(t *testing.T) {
	needs.Alone(t)
	server := s3test.Start(t)
	c := server.Config()
	haveKey(t, c)
	const history = "../../audit/testdata/history"
	folder := os.DirFS(history)
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		server.Overwrite(name, mustRead(t, filepath.Join(history, name)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(string(mustRead(t, history+"/key")))
	for kept, wanted := range map[string]int{"kept.checkpoint": exitDone, "lost.checkpoint": exitFailed, "old-key.checkpoint": exitFailed} {
		there := []string{"audit", "verify", "--key", key, "--checkpoint", filepath.Join(history, kept), "--tiles"}
		exit, said := commandLine(t, append(there, "s3://"+c.Bucket, "--s3-endpoint", c.Endpoint, "--s3-secure=false")...)
		_, asFolder := commandLine(t, append(there, history)...)
		want(t, kept, exit, said, wanted, asFolder)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A bucket needs all of its flags, and its flags need a bucket.
func TestTilesInABucketAreNamed(t *testing.T) {
	for _, args := range [][]string{
		{"--tiles", "s3://bucket/house"},
		{"--tiles", "s3:///house", "--s3-endpoint", "s3.example"},
		{"--tiles", "s3://bucket:9000/house", "--s3-endpoint", "s3.example"},
		{"--tiles", "s3://key:secret@bucket/house", "--s3-endpoint", "s3.example"},
		{"--tiles", "s3://bucket/house?versionId=1", "--s3-endpoint", "s3.example"},
		{"--tiles", "s3://bucket", "--s3-endpoint", "s3.example", "--s3-secure=false", "--s3-ca-file", "ca.pem"},
		{"--tiles", t.TempDir(), "--s3-endpoint", "s3.example"},
		{"--tiles", t.TempDir(), "--s3-secure=false"},
	} {
		exit, said := commandLine(t, append([]string{"audit", "verify", "--key", "x"}, args...)...)
		if exit != exitUsage || strings.Contains(said, "secret") {
			t.Errorf("%q: exit code %d\n%s", args, exit, said)
		}
	}
	got, err := tilesFlags{"s3://bucket/a/b/", bucketFlags{endpoint: "s3.example", region: "eu-west-3", secure: true, caFile: "ca.pem"}}.config()
	if err != nil || got.Bucket != "bucket" || got.Prefix != "a/b" || got.Insecure || got.Endpoint != "s3.example" || got.Region != "eu-west-3" || got.CAFile != "ca.pem" {
		t.Errorf("%s, prefix %q, %v", got, got.Prefix, err)
	}
}
