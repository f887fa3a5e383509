package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// Large documents through the real program: `bordereau serve` is a process of its own,
// and the kernel tells the most memory that it ever had (VmHWM). Documents are made, and
// digested, as they are sent; nothing here holds one. These tests are not part of the
// default run, because they move gigabytes:
//
//	BORDEREAU_TEST_LARGE=1 go test ./cmd/bordereau -run TestLarge -v -timeout 2h
//
// They need 35 GB of free disk in $TMPDIR, and remove the files that they wrote.

const (
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

// eachStore runs a test on a folder and on an S3 server.
func eachStore(t *testing.T, test func(t *testing.T)) {
	needs.Large(t)
	needs.Alone(t)
	t.Run("folder", test)
	t.Run("s3", func(t *testing.T) {
		s3 := s3test.Start(t).Config()
		for key, value := range map[string]string{"ENGINE": "s3", "ENDPOINT": s3.Endpoint, "BUCKET": s3.Bucket, "REGION": s3.Region,
			"SECURE": "false", "ACCESS_KEY": s3.AccessKey, "SECRET_KEY": s3.SecretKey} {
			t.Setenv("BORDEREAU_OBJECTS__"+key, value)
		}
		test(t)
	})
}

// Twenty documents of 1 GiB each way at once fit into 256 MiB.
func TestLargeDocumentsTakeLittleMemory(t *testing.T) {
	eachStore(t, func(t *testing.T) {
		p := startProgram(t)
		sent := p.sendAll(t, 20, gibibyte)
		p.wantPeak(t, 256*mebibyte, "20 uploads of 1 GiB at once")
		p.take(t)
		p.readAll(t, sent)
		p.wantPeak(t, 256*mebibyte, "and 20 downloads of 1 GiB at once")

		both := make(chan struct{})
		go func() {
			defer close(both)
			p.readAll(t, sent[:10])
		}()
		p.batch = p.world.Open(t, "lot-2")
		p.sendAll(t, 10, gibibyte)
		<-both
		p.wantPeak(t, 256*mebibyte, "and 10 of each at once")
	})
}

// Sixteen small documents each way at once, over and over, fit into 64 MiB.
func TestLargeNumbersOfSmallDocumentsTakeLittleMemory(t *testing.T) {
	eachStore(t, func(t *testing.T) {
		p := startProgram(t)
		var sent []sentDocument
		for range 50 {
			sent = append(sent, p.sendAll(t, 16, 32<<10)...)
		}
		p.wantPeak(t, 64*mebibyte, "800 uploads of 32 KiB, 16 at once")
		p.take(t)
		for i := 0; i < len(sent); i += 16 {
			p.readAll(t, sent[i:i+16])
		}
		p.wantPeak(t, 64*mebibyte, "and as many downloads")
	})
}

// A document above what Amazon's S3 takes in one request goes in parts, and comes back as
// it was, from any byte on.
func TestLargeDocumentInParts(t *testing.T) {
	eachStore(t, func(t *testing.T) {
		const size = 5*gibibyte + 300*mebibyte + 17
		p := startProgram(t)
		sent := p.sendAll(t, 1, size)
		p.take(t)
		p.readAll(t, sent)
		p.wantPeak(t, 64*mebibyte, "one document of 5.3 GiB there and back")
		for _, at := range []int64{0, 16*mebibyte - 1, 5*gibibyte + 1, size - 1} {
			p.readAt(t, sent[0], at)
		}
	})
}

// program is `bordereau serve` over an installation of the test, and the people of its
// world.
type program struct {
	world  *gatewaytest.World // used before the program runs, and while it does through the database that both have
	issuer *identity.Issuer
	batch  gateway.BatchID
	url    string
	pid    int
	sent   []sentDocument
}

// startProgram makes an installation with a contract whose ceilings are never reached,
// and serves it.
func startProgram(t *testing.T) *program {
	t.Helper()
	data := t.TempDir()
	for key, value := range map[string]string{"DATA_DIR": data, "LISTEN__API": "127.0.0.1:0", "LISTEN__ADMIN": "127.0.0.1:0",
		"TRUSTED_PROXIES": "127.0.0.0/8"} {
		t.Setenv("BORDEREAU_"+key, value)
	}
	p := &program{}
	p.settle(t, data)
	p.serve(t, data)
	return p
}

// settle makes the installation, its people and a batch.
func (p *program) settle(t *testing.T, data string) {
	t.Helper()
	w := where{data: data}
	if err := initialise(t.Context(), w, config.Default(), gateway.First{Organisation: "Operator", Country: "FR", Person: "Operator"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	c, err := w.load()
	if err != nil {
		t.Fatal(err)
	}
	in, err := open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	background, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- in.Ledger.Run(background) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, in.Close()); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	operator, err := readCredential(filepath.Join(data, credentialName))
	if err != nil {
		t.Fatal(err)
	}
	house := &gatewaytest.House{Gateway: in.Gateway, Operator: gateway.Caller{Person: operator.Person, Auth: "test", Address: gatewaytest.Address}}
	p.world = house.World(t)
	p.world.Contract = p.world.NewContract(t, gatewaytest.Unlimited(p.world.Client, p.world.Provider))
	p.world.Join(t, p.world.Contract)
	p.batch = p.world.Open(t, "lot-1")
	key, err := identity.LoadKey(c.Keys.Token)
	if err == nil {
		p.issuer, err = identity.NewIssuer(identity.IssuerConfig{Key: key, Issuer: c.PublicURL, Audience: c.PublicURL})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// serve builds the program and runs it until the test ends.
func (p *program) serve(t *testing.T, data string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bordereau")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	command := exec.Command(binary, "serve", "--data", data)
	log, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p.pid = command.Process.Pid
	serving := make(chan string, 1)
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		address := regexp.MustCompile(`msg=serving api=(\S+)`)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if m := address.FindStringSubmatch(lines.Text()); m != nil {
				serving <- "http://" + m[1]
				continue
			}
			t.Log("serve:", lines.Text())
		}
		close(serving)
	}()
	t.Cleanup(func() {
		command.Process.Signal(os.Interrupt)
		<-logged
		if err := command.Wait(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	if p.url = <-serving; p.url == "" {
		t.Fatal("it does not serve")
	}
}

// wantPeak checks the most that the program ever had of resident memory.
func (p *program) wantPeak(t *testing.T, most int64, doing string) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`).FindSubmatch(status)
	if m == nil {
		t.Fatalf("no VmHWM in %s", status)
	}
	kib, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d MiB resident at the most", doing, kib>>10)
	if kib<<10 > most {
		t.Errorf("%s: %d MiB resident, want at most %d", doing, kib>>10, most>>20)
	}
}

// sentDocument is a document as it was sent.
type sentDocument struct {
	gateway.Document
	seed   uint64
	digest []byte
}

// synthetic is the content of a document: size bytes that follow from the seed, in which
// no block is like another.
func synthetic(seed uint64, size int64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return io.LimitReader(rand.NewChaCha8(key), size)
}

// atOnce runs n pieces of work at once and tells how long they took and how fast that
// was, for bytes in all.
func atOnce(t *testing.T, doing string, n int, bytes int64, work func(i int) error) {
	t.Helper()
	started := time.Now()
	failures := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { failures[i] = work(i) })
	}
	group.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatalf("%s: %v", doing, err)
	}
	if took := time.Since(started); bytes >= gibibyte {
		t.Logf("%s: %d at once, %.1f GiB in %.0f s, %.0f MB/s", doing, n, float64(bytes)/gibibyte, took.Seconds(), float64(bytes)/1e6/took.Seconds())
	}
}

// sendAll uploads n documents at once.
func (p *program) sendAll(t *testing.T, n int, size int64) []sentDocument {
	t.Helper()
	documents := make([]sentDocument, n)
	first := len(p.sent)
	atOnce(t, "uploads", n, int64(n)*size, func(i int) (err error) {
		documents[i], err = p.send(t.Context(), uint64(first+i), size)
		return err
	})
	p.sent = append(p.sent, documents...)
	return documents
}

func (p *program) send(ctx context.Context, seed uint64, size int64) (sentDocument, error) {
	sum := sha256.New()
	path := fmt.Sprintf("/v1/batches/%s/documents/claim-%d?class=anything", p.batch, seed)
	r, err := p.request(ctx, p.world.System, http.MethodPut, path, io.TeeReader(synthetic(seed, size), sum))
	if err != nil {
		return sentDocument{}, err
	}
	r.ContentLength = size
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Content-Disposition", `attachment; filename="claim.bin"`)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return sentDocument{}, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusCreated {
		return sentDocument{}, fmt.Errorf("uploading: %d %s, %w", response.StatusCode, answer, err)
	}
	return p.sentAs(answer, seed, sum)
}

// sentAs reads the answer to an upload, which must have the digest of what was sent.
func (p *program) sentAs(answer []byte, seed uint64, sum hash.Hash) (sentDocument, error) {
	var received api.Upload
	if err := json.Unmarshal(answer, &received); err != nil {
		return sentDocument{}, err
	}
	digest := sum.Sum(nil)
	if got := received.Document.SHA256; got == nil || *got != hex.EncodeToString(digest) {
		return sentDocument{}, errors.New("what was received has another digest than what was sent")
	}
	d := gateway.Document{ID: gateway.DocumentID(received.Document.ID), Size: received.Document.Size}
	return sentDocument{Document: d, seed: seed, digest: digest}, nil
}

// take seals the batch and has it leased to the handler.
func (p *program) take(t *testing.T) {
	t.Helper()
	var documents []gateway.Document
	for _, d := range p.sent {
		documents = append(documents, d.Document)
	}
	p.world.Seal(t, p.batch, documents)
	p.world.Taken(t, p.batch)
}

// readAll downloads the documents at once.
func (p *program) readAll(t *testing.T, documents []sentDocument) {
	t.Helper()
	var size int64
	for _, d := range documents {
		size += d.Size
	}
	atOnce(t, "downloads", len(documents), size, func(i int) error { return p.read(t.Context(), documents[i]) })
}

func (p *program) read(ctx context.Context, d sentDocument) error {
	response, err := p.content(ctx, d, "")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, response.Body)
	if err != nil || response.StatusCode != http.StatusOK || n != d.Size || !bytes.Equal(sum.Sum(nil), d.digest) {
		return fmt.Errorf("downloading: %d with %d bytes of %d, the same: %v, %w", response.StatusCode, n, d.Size, bytes.Equal(sum.Sum(nil), d.digest), err)
	}
	return nil
}

// readAt downloads up to a mebibyte from an offset on.
func (p *program) readAt(t *testing.T, d sentDocument, offset int64) {
	t.Helper()
	last := min(offset+mebibyte, d.Size) - 1
	response, err := p.content(t.Context(), d, fmt.Sprintf("bytes=%d-%d", offset, last))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	content := synthetic(d.seed, d.Size)
	if _, skipped := io.CopyN(io.Discard, content, offset); skipped != nil {
		t.Fatal(skipped)
	}
	want, _ := io.ReadAll(io.LimitReader(content, last-offset+1))
	if err != nil || response.StatusCode != http.StatusPartialContent || !bytes.Equal(got, want) {
		t.Errorf("from %d on: %d with %d bytes, the same: %v, %v", offset, response.StatusCode, len(got), bytes.Equal(got, want), err)
	}
}

func (p *program) content(ctx context.Context, d sentDocument, part string) (*http.Response, error) {
	r, err := p.request(ctx, p.world.Handler, http.MethodGet, "/v1/documents/"+string(d.ID)+"/content", nil)
	if err != nil {
		return nil, err
	}
	if part != "" {
		r.Header.Set("Range", part)
	}
	return http.DefaultClient.Do(r)
}

func (p *program) request(ctx context.Context, who gateway.Caller, method, path string, body io.Reader) (*http.Request, error) {
	token, _, err := p.issuer.Issue(who.Person, "client-credentials")
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("X-Forwarded-For", gatewaytest.Address.String())
	return r, nil
}
