package httpapi_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

func (s *service) ranged(t *testing.T, d gateway.Document, h header) answer {
	t.Helper()
	return s.call(t, s.Handler, http.MethodGet, "/v1/documents/"+string(d.ID)+"/content", "", h)
}

// eachVault runs a test on a folder, and on buckets that keep no versions, keep them, or
// lock them.
func eachVault(t *testing.T, test func(t *testing.T, store gateway.Objects)) {
	for name, open := range map[string]func(*testing.T) vault{"folder": folderVault, "s3": s3Vault, "s3 with versions": versionedVault,
		"s3 with locks": lockedVault} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func TestRanges(t *testing.T) {
	needs.Parallel(t)
	eachVault(t, testRanges)
}

func testRanges(t *testing.T, store gateway.Objects) {
	for _, size := range []int{1000, 5 << 20} {
		s, d, content := leased(t, store, size)
		whole := s.ranged(t, d, nil)
		last := strconv.Itoa(size - 1)
		for asked, want := range map[string]struct {
			first, last int
		}{
			"bytes=0-0": {0, 0}, "bytes=10-19": {10, 19}, "bytes=0-": {0, size - 1}, "bytes=500-": {500, size - 1},
			"bytes=" + last + "-": {size - 1, size - 1}, "bytes=990-9999999999": {990, size - 1}, "bytes=-1": {size - 1, size - 1},
			"bytes=-99999999999999999999": {0, size - 1}, "BYTES=1-2": {1, 2}, "bytes=5-99999999999999999999": {5, size - 1},
		} {
			a := s.ranged(t, d, header{"Range": asked, "If-Range": whole.Header.Get("ETag")})
			if a.StatusCode != http.StatusPartialContent || !bytes.Equal(a.body, content[want.first:want.last+1]) {
				t.Errorf("%s: got %d with %d bytes", asked, a.StatusCode, len(a.body))
			}
			wantRange := "bytes " + strconv.Itoa(want.first) + "-" + strconv.Itoa(want.last) + "/" + strconv.Itoa(size)
			if got := a.Header.Get("Content-Range"); got != wantRange {
				t.Errorf("%s: Content-Range %q, want %q", asked, got, wantRange)
			}
			if a.Header.Get("Repr-Digest") != whole.Header.Get("Repr-Digest") || a.Header.Get("Content-Digest") != "" {
				t.Errorf("%s: digests %v", asked, a.Header)
			}
		}
		for _, asked := range []string{"bytes=" + strconv.Itoa(size) + "-", "bytes=-0", "bytes=99999999999999999999-"} {
			a := s.ranged(t, d, header{"Range": asked})
			wantProblem(t, a, http.StatusRequestedRangeNotSatisfiable, "range")
			if got := a.Header.Get("Content-Range"); got != "bytes */"+strconv.Itoa(size) {
				t.Errorf("%s: Content-Range %q", asked, got)
			}
		}
		for _, asked := range []string{"bytes=0-1,5-6", "bytes=0-1, -1", "bytes", "bytes=", "bytes=-", "bytes=2-1", "bytes=a-b", "bytes=+1-2", "bytes=1-2-3", "bytes=0x1-"} {
			wantProblem(t, s.ranged(t, d, header{"Range": asked}), http.StatusRequestedRangeNotSatisfiable, "range")
		}
		twice := s.request(t, s.Handler, http.MethodGet, "/v1/documents/"+string(d.ID)+"/content", "", header{"Range": "bytes=0-1"})
		twice.Header.Add("Range", "bytes=5-6")
		wantProblem(t, s.do(t, twice), http.StatusRequestedRangeNotSatisfiable, "range")
		// Another unit is ignored, and so is a range with another document's condition.
		for _, h := range []header{{"Range": "pages=1-2"}, {"Range": "bytes=0-1", "If-Range": `"other"`}, {"If-Range": `"other"`},
			{"Range": "bytes=0-1", "If-Range": "W/" + whole.Header.Get("ETag")}, {"Range": "bytes=0-1", "If-Range": "Wed, 25 Nov 2026 04:00:00 GMT"}} {
			a := s.ranged(t, d, h)
			if a.StatusCode != http.StatusOK || !bytes.Equal(a.body, content) || a.Header.Get("Content-Range") != "" {
				t.Errorf("%v: got %d with %d bytes", h, a.StatusCode, len(a.body))
			}
		}
	}
}

func TestARangeOfAnEmptyDocument(t *testing.T) {
	s, d, _ := leased(t, nil, 0)
	wantProblem(t, s.ranged(t, d, header{"Range": "bytes=0-"}), http.StatusRequestedRangeNotSatisfiable, "range")
	wantProblem(t, s.ranged(t, d, header{"Range": "bytes=-5"}), http.StatusRequestedRangeNotSatisfiable, "range")
}

func TestHead(t *testing.T) {
	needs.Parallel(t)
	eachVault(t, testHead)
}

func testHead(t *testing.T, store gateway.Objects) {
	for _, size := range []int{0, 1000, 5 << 20} {
		s, d, _ := leased(t, store, size)
		path := "/v1/documents/" + string(d.ID) + "/content"
		whole := s.ranged(t, d, nil)
		a := s.call(t, s.Handler, http.MethodHead, path, "", header{"Range": "bytes=1-"})
		if a.StatusCode != http.StatusOK || len(a.body) != 0 || a.Header.Get("Content-Length") != strconv.Itoa(size) {
			t.Errorf("got %d with %d bytes: %v", a.StatusCode, len(a.body), a.Header)
		}
		for _, name := range []string{"Accept-Ranges", "Content-Disposition", "Content-Type", "ETag", "Repr-Digest"} {
			if got := a.Header.Get(name); got == "" || got != whole.Header.Get(name) {
				t.Errorf("%s: got %q, a download says %q", name, got, whole.Header.Get(name))
			}
		}
		if whole.Header.Get("Content-Digest") != whole.Header.Get("Repr-Digest") {
			t.Errorf("Content-Digest %q", whole.Header.Get("Content-Digest"))
		}
		if a := s.call(t, s.Colleague, http.MethodHead, path, "", nil); a.StatusCode != http.StatusForbidden || a.Header.Get("Repr-Digest") != "" {
			t.Errorf("somebody else got %d: %v", a.StatusCode, a.Header)
		}
	}
}

// A broken download is resumed at any byte, and both parts together are the document.
func TestADownloadIsResumed(t *testing.T) {
	needs.Parallel(t)
	eachVault(t, testResume)
}

func testResume(t *testing.T, store gateway.Objects) {
	s, d, content := leased(t, store, 6<<20)
	for _, had := range []int{1, 64 << 10, 64<<10 + 1, 3<<20 + 12345, 6<<20 - 1} {
		response, err := http.DefaultClient.Do(s.content(t, d))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.LimitReader(response.Body, int64(had)))
		response.Body.Close() // the line breaks
		if err != nil || len(got) != had {
			t.Fatalf("the beginning: %d bytes of %d, %v", len(got), had, err)
		}
		a := s.ranged(t, d, header{"Range": "bytes=" + strconv.Itoa(had) + "-", "If-Range": response.Header.Get("ETag")})
		if got = append(got, a.body...); a.StatusCode != http.StatusPartialContent || !bytes.Equal(got, content) {
			t.Errorf("after %d bytes: got %d, and %d bytes in all", had, a.StatusCode, len(got))
		}
		sum := sha256.Sum256(got)
		if want := api.FormatDigest(sum[:]); a.Header.Get("Repr-Digest") != want {
			t.Errorf("after %d bytes: Repr-Digest %q, the bytes have %q", had, a.Header.Get("Repr-Digest"), want)
		}
	}
}

// The bytes before the damage were good, and the answer must not look complete.
func TestATamperedRangeBreaksTheConnection(t *testing.T) {
	store := newTampering(t)
	s, d, content := leased(t, store, 6<<20)
	store.flip(5 << 20)
	r := s.content(t, d)
	r.Header.Set("Range", "bytes=1000000-")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusPartialContent || len(got) == 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %d with %d bytes to %v, want a broken connection", response.StatusCode, len(got), err)
	}
	if !bytes.HasPrefix(content[1_000_000:], got) {
		t.Error("bytes that failed their check have left")
	}
}
