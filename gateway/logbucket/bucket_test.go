package logbucket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/logbucket"
	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

const ledger = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"

func openBucket(t *testing.T, c logbucket.Config) *logbucket.Bucket {
	t.Helper()
	bucket, err := logbucket.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bucket.Close() })
	return bucket
}

func TestLogBucketConforms(t *testing.T) {
	needs.Parallel(t)
	for name, start := range map[string]func(testing.TB) *s3test.Server{
		"plain": s3test.Start, "with versions": s3test.StartVersioned, "with Object Lock": s3test.StartLocked,
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			sinktest.Run(t, func(t *testing.T) publish.Sink {
				c := logbucket.Config{Config: s3test.Apart(server.Config())}
				if name == "with Object Lock" {
					c.Retention, c.Days = s3.Governance, 1
				}
				return openBucket(t, c)
			})
		})
	}
}

// locked is a log bucket in a bucket with Object Lock, and a look past it.
func locked(t *testing.T, mode s3.RetentionMode) (*logbucket.Bucket, s3.Config, *minio.Core) {
	t.Helper()
	c := s3test.Apart(s3test.StartLocked(t).Config())
	return openBucket(t, logbucket.Config{Config: c, Retention: mode, Days: 30}), c, s3test.Client(t, c)
}

// retentionOf reads what the server says about an object; the mode is empty where it says
// nothing.
func retentionOf(t *testing.T, core *minio.Core, c s3.Config, name string) (mode string, until time.Time) {
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

// What is published for good gets a retention, and the server keeps it: no one can delete
// it, in any way. The rest can go.
func TestWhatIsPublishedForGoodCannotBeDeleted(t *testing.T) {
	for _, mode := range []s3.RetentionMode{s3.Governance, s3.Compliance} {
		t.Run(string(mode), func(t *testing.T) {
			bucket, c, core := locked(t, mode)
			for name, kept := range map[string]bool{
				ledger + "/tile/0/000":                       true,
				ledger + "/tile/entries/000":                 true,
				ledger + "/checkpoints/00000000000000000256": true,
				ledger + "/tile/0/001.p/7":                   false,
				ledger + "/tile/entries/001.p/7":             false,
			} {
				mustCreate(t, bucket, name, "data")
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
				if data, err := bucket.Read(t.Context(), name); err != nil || string(data) != "data" {
					t.Errorf("%s holds %q, %v", name, data, err)
				}
			}
		})
	}
}

// The server lets others put something over an object that it keeps: another version, or
// a mark that it is deleted. The log bucket gives what was published.
func TestNothingHidesWhatIsPublished(t *testing.T) {
	bucket, c, core := locked(t, s3.Governance)
	const tile, checkpoint = ledger + "/tile/0/000", ledger + "/checkpoints/00000000000000000256"
	mustCreate(t, bucket, tile, "published")
	mustCreate(t, bucket, checkpoint, "signed")
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
		if data, err := bucket.Read(t.Context(), name); err != nil || string(data) != want {
			t.Errorf("%s holds %q, %v", name, data, err)
		}
		if err := bucket.Create(t.Context(), name, []byte("second history")); !errors.Is(err, publish.ErrExists) {
			t.Errorf("creating %s again: %v", name, err)
		}
	}
	if names, err := bucket.List(t.Context(), ledger+"/checkpoints"); err != nil || len(names) != 1 {
		t.Errorf("checkpoints are %q, %v", names, err)
	}
	if err := bucket.Remove(t.Context(), ledger+"/tile"); err != nil { // nothing of it may go
		t.Errorf("removing: %v", err)
	}
	if data, err := bucket.Read(t.Context(), tile); err != nil || string(data) != "published" {
		t.Errorf("after a removal it holds %q, %v", data, err)
	}
}

// The oldest version counts, and a mark that is older than it is none: a server makes one
// when a name is deleted that has no object yet. Of two versions of one second the one
// that the server lists later is the older.
func TestTheOldestVersionIsNoMark(t *testing.T) {
	const name, day = ledger + "/tile/0/000", "2026-11-25T03:00:0"
	version := func(kind, id, second string) string {
		return fmt.Sprintf("<%s><Key>%s</Key><VersionId>%s</VersionId><LastModified>%s%sZ</LastModified></%s>", kind, name, id, day, second, kind)
	}
	c, server := s3test.Answering(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Has("object-lock"):
			io.WriteString(w, "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>")
		case r.URL.Query().Has("versions"):
			io.WriteString(w, "<ListVersionsResult><IsTruncated>false</IsTruncated>"+version("Version", "third", "3")+
				version("Version", "second", "2")+version("Version", "first", "2")+version("DeleteMarker", "mark", "1")+"</ListVersionsResult>")
		default:
			w.Header().Set("Last-Modified", "Wed, 25 Nov 2026 03:00:00 GMT")
			w.Header().Set("Content-Length", "4")
			io.WriteString(w, "data")
		}
	})
	bucket := openBucket(t, logbucket.Config{Config: c, Retention: s3.Governance, Days: 1})
	if data, err := bucket.Read(t.Context(), name); err != nil || string(data) != "data" {
		t.Fatalf("read %q, %v", data, err)
	}
	all := server.Requests()
	if got := all[len(all)-1].URL.Query().Get("versionId"); got != "first" {
		t.Errorf("the version %q was read, want the first", got)
	}
}

// A removal never takes what is published for good, also where nothing but the log bucket
// itself keeps it.
func TestRemovingSparesWhatIsPublishedForGood(t *testing.T) {
	bucket := openBucket(t, logbucket.Config{Config: s3test.Apart(s3test.Start(t).Config())})
	const full, partial = ledger + "/tile/0/000", ledger + "/tile/0/001.p/7"
	mustCreate(t, bucket, full, "data")
	mustCreate(t, bucket, partial, "data")
	if err := bucket.Remove(t.Context(), ledger+"/tile"); err != nil {
		t.Fatal(err)
	}
	if data, err := bucket.Read(t.Context(), full); err != nil || string(data) != "data" {
		t.Errorf("the full tile holds %q, %v", data, err)
	}
	if _, err := bucket.Read(t.Context(), partial); !errors.Is(err, publish.ErrMissing) {
		t.Errorf("the partial tile is still there: %v", err)
	}
}

// A key that may not delete suits a log bucket well: what it may not remove stays, and
// that is no failure. A server that is away is one.
func TestRemovingLeavesWhatTheKeyMayNotDelete(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
		good   bool
	}{{403, "AccessDenied", true}, {404, "NoSuchVersion", true}, {503, "SlowDown", false}} {
		c, server := s3test.Answering(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				s3test.Says(test.status, test.code)(w, r)
				return
			}
			io.WriteString(w, "<ListVersionsResult><IsTruncated>false</IsTruncated>")
			for _, part := range []string{"7", "8"} {
				fmt.Fprintf(w, "<Version><Key>%s/tile/0/001.p/%s</Key><VersionId>v</VersionId></Version>", ledger, part)
			}
			io.WriteString(w, "</ListVersionsResult>")
		})
		bucket := openBucket(t, logbucket.Config{Config: c})
		if err := bucket.Remove(t.Context(), ledger+"/tile/0/001.p"); (err == nil) != test.good {
			t.Errorf("%d %s: Remove = %v", test.status, test.code, err)
		}
		deletes := map[string]bool{}
		for _, r := range server.Requests() {
			if r.Method == http.MethodDelete {
				deletes[r.URL.Path] = true
			}
		}
		if len(deletes) == 0 || test.good && len(deletes) != 2 {
			t.Errorf("%d %s: it tried to delete %v", test.status, test.code, deletes)
		}
	}
}

// One checkpoint a minute is kept, of each ledger.
func TestOneCheckpointAMinuteIsKept(t *testing.T) {
	c := s3test.Apart(s3test.StartLocked(t).Config())
	now := time.Now()
	bucket := openBucket(t, logbucket.Config{Config: c, Retention: s3.Governance, Days: 1, Clock: func() time.Time { return now }})
	core := s3test.Client(t, c)
	for _, step := range []struct {
		name  string
		after time.Duration
		kept  bool
	}{
		{ledger + "/checkpoints/1", 0, true}, {"operator/checkpoints/1", 0, true}, {ledger + "/checkpoints/2", 30 * time.Second, false},
		{ledger + "/checkpoints/3", 30 * time.Second, true}, {ledger + "/checkpoints/4", 59 * time.Second, false},
		{"operator/checkpoints/9", time.Second, true},
	} {
		now = now.Add(step.after)
		mustCreate(t, bucket, step.name, "signed")
		if mode, until := retentionOf(t, core, c, step.name); (mode != "") != step.kept {
			t.Errorf("%s is kept: %q until %v", step.name, mode, until)
		}
	}
}

// An answer that is lost leaves an object that the next try finds, and is the same.
func TestLogBucketThatLosesAnswers(t *testing.T) {
	c := s3test.Apart(s3test.Start(t).Config())
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
	bucket := openBucket(t, logbucket.Config{Config: c})

	lose.Store(true)
	const name = ledger + "/tile/0/000"
	if err := bucket.Create(t.Context(), name, []byte("data")); !errors.Is(err, s3.ErrUnavailable) {
		t.Fatalf("the answer was lost, and Create says %v", err)
	}
	if err := bucket.Create(t.Context(), name, []byte("data")); !errors.Is(err, publish.ErrExists) {
		t.Errorf("a second try: %v", err)
	}
	if data, err := bucket.Read(t.Context(), name); err != nil || !bytes.Equal(data, []byte("data")) {
		t.Errorf("it holds %q, %v", data, err)
	}
	lose.Store(true)
	if err := bucket.Replace(t.Context(), ledger+"/checkpoint", []byte("newest")); !errors.Is(err, s3.ErrUnavailable) {
		t.Errorf("the answer was lost, and Replace says %v", err)
	}
	if data, err := bucket.Read(t.Context(), ledger+"/checkpoint"); err != nil || string(data) != "newest" {
		t.Errorf("it holds %q, %v", data, err)
	}
}

func TestLogBucketThatIsAway(t *testing.T) {
	server := s3test.Start(t)
	bucket := openBucket(t, logbucket.Config{Config: s3test.Apart(server.Config())})
	mustCreate(t, bucket, ledger+"/tile/0/000", "data")
	server.Stop()
	ctx := context.WithoutCancel(t.Context())
	_, readErr := bucket.Read(ctx, ledger+"/tile/0/000")
	_, listErr := bucket.List(ctx, ledger)
	for doing, err := range map[string]error{
		"Create": bucket.Create(ctx, ledger+"/tile/0/001", nil), "Replace": bucket.Replace(ctx, ledger+"/checkpoint", nil),
		"Remove": bucket.Remove(ctx, ledger+"/tile/0/001.p"), "Read": readErr, "List": listErr,
	} {
		if !errors.Is(err, s3.ErrUnavailable) || errors.Is(err, publish.ErrMissing) || errors.Is(err, publish.ErrExists) {
			t.Errorf("%s while the server is away: %v", doing, err)
		}
	}
	server.Restart()
	if data, err := bucket.Read(ctx, ledger+"/tile/0/000"); err != nil || string(data) != "data" {
		t.Errorf("after its return: %q, %v", data, err)
	}
}

// A server that does not say how long an object is, or that says too much, is not
// believed.
func TestLogBucketReadsWhatHasAnEnd(t *testing.T) {
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
		server := httptest.NewServer(&s3test.Script{Answer: answer})
		t.Cleanup(server.Close)
		bucket := openBucket(t, logbucket.Config{Config: s3test.ConfigOf(server)})
		if _, err := bucket.Read(t.Context(), ledger+"/checkpoint"); err == nil || !strings.Contains(err.Error(), want) {
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
	c := logbucket.Config{Config: s3test.ConfigOf(server), Retention: s3.Compliance, Days: 1}
	if _, err := logbucket.Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "no Object Lock") {
		t.Errorf("opened: %v", err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	plain := s3test.Start(t).Config()
	for name, test := range map[string]struct {
		c    logbucket.Config
		want string
	}{
		"no lock":          {logbucket.Config{Config: plain, Retention: s3.Compliance, Days: 1}, "no Object Lock"},
		"an unknown mode":  {logbucket.Config{Config: plain, Retention: "FOREVER", Days: 1}, "neither"},
		"no days":          {logbucket.Config{Config: plain, Retention: s3.Governance}, "Days"},
		"days for nothing": {logbucket.Config{Config: plain, Days: 5}, "no Retention"},
		"no bucket":        {logbucket.Config{Config: s3.Config{Endpoint: plain.Endpoint}}, "no Bucket"},
	} {
		if _, err := logbucket.Open(t.Context(), test.c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error that says %q", name, err, test.want)
		}
	}
}
