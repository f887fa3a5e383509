package objects_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/audit/publish/sinktest"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/objects/objectstest/s3server"
)

const shelved = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"

func openShelf(t *testing.T, c objects.ShelfConfig) *objects.Shelf {
	t.Helper()
	shelf, err := objects.OpenShelf(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shelf.Close() })
	return shelf
}

func TestShelfConforms(t *testing.T) {
	needs.Parallel(t)
	for name, start := range map[string]func(testing.TB) *s3server.Server{
		"plain": s3server.Start, "with versions": s3server.StartVersioned, "with Object Lock": s3server.StartLocked,
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			sinktest.Run(t, func(t *testing.T) publish.Sink {
				c := objects.ShelfConfig{S3Config: apart(server.Config())}
				if name == "with Object Lock" {
					c.Retention, c.Days = objects.Governance, 1
				}
				return openShelf(t, c)
			})
		})
	}
}

// locked is a shelf in a bucket with Object Lock, and a look past it.
func locked(t *testing.T, mode objects.RetentionMode) (*objects.Shelf, objects.S3Config, *minio.Core) {
	t.Helper()
	c := apart(s3server.StartLocked(t).Config())
	return openShelf(t, objects.ShelfConfig{S3Config: c, Retention: mode, Days: 30}), c, client(t, c)
}

// retentionOf reads what the server says about an object; the mode is empty where it says nothing.
func retentionOf(t *testing.T, core *minio.Core, c objects.S3Config, name string) (mode string, until time.Time) {
	t.Helper()
	info, err := core.StatObject(t.Context(), c.Bucket, c.Prefix+"/"+name, minio.StatObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if mode = info.Metadata.Get("X-Amz-Object-Lock-Mode"); mode != "" {
		if until, err = time.Parse(time.RFC3339, info.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date")); err != nil {
			t.Error(err)
		}
	}
	return mode, until
}

func mustCreate(t *testing.T, sink publish.Sink, name, data string) {
	t.Helper()
	if err := sink.Create(t.Context(), name, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

// What is published for good gets a retention, and the server keeps it: nobody can delete it, by whatever way. The rest can
// go.
func TestWhatIsPublishedForGoodCannotBeDeleted(t *testing.T) {
	for _, mode := range []objects.RetentionMode{objects.Governance, objects.Compliance} {
		t.Run(string(mode), func(t *testing.T) {
			shelf, c, core := locked(t, mode)
			for name, kept := range map[string]bool{
				shelved + "/tile/0/000":                       true,
				shelved + "/tile/entries/000":                 true,
				shelved + "/checkpoints/00000000000000000256": true,
				shelved + "/tile/0/001.p/7":                   false,
				shelved + "/tile/entries/001.p/7":             false,
			} {
				mustCreate(t, shelf, name, "data")
				key := c.Prefix + "/" + name
				info, err := core.StatObject(t.Context(), c.Bucket, key, minio.StatObjectOptions{})
				if err != nil {
					t.Fatal(err)
				}
				got, until := retentionOf(t, core, c, name)
				if !kept {
					if got != "" {
						t.Errorf("%s has a retention until %v", name, until)
					}
					continue
				}
				if got != string(mode) || until.Before(time.Now().AddDate(0, 0, 29)) || until.After(time.Now().AddDate(0, 0, 31)) {
					t.Errorf("%s has the retention %q until %v", name, got, until)
				}
				err = core.RemoveObject(t.Context(), c.Bucket, key, minio.RemoveObjectOptions{VersionID: info.VersionID})
				if err == nil {
					t.Errorf("%s was deleted", name)
				}
				if data, err := shelf.Read(t.Context(), name); err != nil || string(data) != "data" {
					t.Errorf("%s holds %q, %v", name, data, err)
				}
			}
		})
	}
}

// The server lets others put something over an object that it keeps: another version, or a mark that it is deleted. The
// shelf sees what was published.
func TestNothingHidesWhatIsPublished(t *testing.T) {
	shelf, c, core := locked(t, objects.Governance)
	const tile, checkpoint = shelved + "/tile/0/000", shelved + "/checkpoints/00000000000000000256"
	mustCreate(t, shelf, tile, "published")
	mustCreate(t, shelf, checkpoint, "signed")
	for _, content := range []string{"another", "a third"} {
		_, err := core.Client.PutObject(t.Context(), c.Bucket, c.Prefix+"/"+tile, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := core.RemoveObject(t.Context(), c.Bucket, c.Prefix+"/"+checkpoint, minio.RemoveObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{tile: "published", checkpoint: "signed"} {
		if data, err := shelf.Read(t.Context(), name); err != nil || string(data) != want {
			t.Errorf("%s holds %q, %v", name, data, err)
		}
		if err := shelf.Create(t.Context(), name, []byte("second history")); !errors.Is(err, publish.ErrExists) {
			t.Errorf("creating %s again: %v", name, err)
		}
	}
	if names, err := shelf.List(t.Context(), shelved+"/checkpoints"); err != nil || len(names) != 1 {
		t.Errorf("checkpoints are %q, %v", names, err)
	}
	if err := shelf.Remove(t.Context(), shelved+"/tile"); err != nil { // nothing of it may go
		t.Errorf("removing: %v", err)
	}
	if data, err := shelf.Read(t.Context(), tile); err != nil || string(data) != "published" {
		t.Errorf("after a removal it holds %q, %v", data, err)
	}
}

// A removal never takes what is published for good, also where nothing but the shelf itself keeps it.
func TestRemovingSparesWhatIsPublishedForGood(t *testing.T) {
	shelf := openShelf(t, objects.ShelfConfig{S3Config: apart(s3server.Start(t).Config())})
	const full, partial = shelved + "/tile/0/000", shelved + "/tile/0/001.p/7"
	mustCreate(t, shelf, full, "data")
	mustCreate(t, shelf, partial, "data")
	if err := shelf.Remove(t.Context(), shelved+"/tile"); err != nil {
		t.Fatal(err)
	}
	if data, err := shelf.Read(t.Context(), full); err != nil || string(data) != "data" {
		t.Errorf("the full tile holds %q, %v", data, err)
	}
	if _, err := shelf.Read(t.Context(), partial); !errors.Is(err, publish.ErrMissing) {
		t.Errorf("the partial tile is still there: %v", err)
	}
}

// One checkpoint a minute is kept, of each ledger.
func TestOneCheckpointAMinuteIsKept(t *testing.T) {
	c := apart(s3server.StartLocked(t).Config())
	now := time.Now()
	shelf := openShelf(t, objects.ShelfConfig{S3Config: c, Retention: objects.Governance, Days: 1, Clock: func() time.Time { return now }})
	core := client(t, c)
	for _, step := range []struct {
		name  string
		after time.Duration
		kept  bool
	}{
		{shelved + "/checkpoints/1", 0, true}, {"operator/checkpoints/1", 0, true}, {shelved + "/checkpoints/2", 30 * time.Second, false},
		{shelved + "/checkpoints/3", 30 * time.Second, true}, {shelved + "/checkpoints/4", 59 * time.Second, false},
		{"operator/checkpoints/9", time.Second, true},
	} {
		now = now.Add(step.after)
		mustCreate(t, shelf, step.name, "signed")
		if mode, until := retentionOf(t, core, c, step.name); (mode != "") != step.kept {
			t.Errorf("%s is kept: %q until %v", step.name, mode, until)
		}
	}
}

// An answer that is lost leaves an object that the next try finds, and is the same.
func TestShelfThatLosesAnswers(t *testing.T) {
	c := apart(s3server.Start(t).Config())
	var lose atomic.Bool
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: c.Endpoint})
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.Request.Method == http.MethodPut && lose.Swap(false) {
			return errors.New("lost")
		}
		return nil
	}
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	c.Endpoint = server.Listener.Addr().String()
	shelf := openShelf(t, objects.ShelfConfig{S3Config: c})

	lose.Store(true)
	const name = shelved + "/tile/0/000"
	if err := shelf.Create(t.Context(), name, []byte("data")); !errors.Is(err, gateway.ErrUnavailable) {
		t.Fatalf("the answer was lost, and Create says %v", err)
	}
	if err := shelf.Create(t.Context(), name, []byte("data")); !errors.Is(err, publish.ErrExists) {
		t.Errorf("a second try: %v", err)
	}
	if data, err := shelf.Read(t.Context(), name); err != nil || !bytes.Equal(data, []byte("data")) {
		t.Errorf("it holds %q, %v", data, err)
	}
	lose.Store(true)
	if err := shelf.Replace(t.Context(), shelved+"/checkpoint", []byte("newest")); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("the answer was lost, and Replace says %v", err)
	}
	if data, err := shelf.Read(t.Context(), shelved+"/checkpoint"); err != nil || string(data) != "newest" {
		t.Errorf("it holds %q, %v", data, err)
	}
}

func TestShelfThatIsAway(t *testing.T) {
	server := s3server.Start(t)
	shelf := openShelf(t, objects.ShelfConfig{S3Config: apart(server.Config())})
	mustCreate(t, shelf, shelved+"/tile/0/000", "data")
	server.Stop()
	ctx := context.WithoutCancel(t.Context())
	_, readErr := shelf.Read(ctx, shelved+"/tile/0/000")
	_, listErr := shelf.List(ctx, shelved)
	for doing, err := range map[string]error{
		"Create": shelf.Create(ctx, shelved+"/tile/0/001", nil), "Replace": shelf.Replace(ctx, shelved+"/checkpoint", nil),
		"Remove": shelf.Remove(ctx, shelved+"/tile/0/001.p"), "Read": readErr, "List": listErr,
	} {
		if !errors.Is(err, gateway.ErrUnavailable) || errors.Is(err, publish.ErrMissing) || errors.Is(err, publish.ErrExists) {
			t.Errorf("%s while the server is away: %v", doing, err)
		}
	}
	server.Restart()
	if data, err := shelf.Read(ctx, shelved+"/tile/0/000"); err != nil || string(data) != "data" {
		t.Errorf("after its return: %q, %v", data, err)
	}
}

// A server that does not say how long an object is, or that says too much, is not believed.
func TestShelfReadsWhatHasAnEnd(t *testing.T) {
	for want, answer := range map[string]http.HandlerFunc{
		"did not say how long": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			w.(http.Flusher).Flush()
			io.WriteString(w, "data")
		},
		"larger than anything": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			w.Header().Set("Content-Length", "1099511627776")
		},
	} {
		server := httptest.NewServer(&script{answer: answer})
		t.Cleanup(server.Close)
		shelf := openShelf(t, objects.ShelfConfig{S3Config: scripted(server)})
		if _, err := shelf.Read(t.Context(), shelved+"/checkpoint"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("read: %v, want an error that says %q", err, want)
		}
	}
}

// A server may answer for a bucket without a lock with a configuration that enables none.
func TestAConfigurationWithoutALockIsNone(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("object-lock") {
			io.WriteString(w, "<ObjectLockConfiguration></ObjectLockConfiguration>")
		}
	}))
	t.Cleanup(server.Close)
	c := objects.ShelfConfig{S3Config: scripted(server), Retention: objects.Compliance, Days: 1}
	if _, err := objects.OpenShelf(t.Context(), c); err == nil || !strings.Contains(err.Error(), "no Object Lock") {
		t.Errorf("opened: %v", err)
	}
}

func TestOpenShelfSaysWhatIsWrong(t *testing.T) {
	plain := s3server.Start(t).Config()
	for name, test := range map[string]struct {
		c    objects.ShelfConfig
		want string
	}{
		"no lock":          {objects.ShelfConfig{S3Config: plain, Retention: objects.Compliance, Days: 1}, "no Object Lock"},
		"an unknown mode":  {objects.ShelfConfig{S3Config: plain, Retention: "FOREVER", Days: 1}, "neither"},
		"no days":          {objects.ShelfConfig{S3Config: plain, Retention: objects.Governance}, "Days"},
		"days for nothing": {objects.ShelfConfig{S3Config: plain, Days: 5}, "no Retention"},
		"no bucket":        {objects.ShelfConfig{S3Config: objects.S3Config{Endpoint: plain.Endpoint}}, "no Bucket"},
	} {
		if _, err := objects.OpenShelf(t.Context(), test.c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error that says %q", name, err, test.want)
		}
	}
}
