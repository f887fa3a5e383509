package s3_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// tried tries a bucket that is there.
func tried(t *testing.T, c s3.Config) s3.Report {
	t.Helper()
	r, err := s3.Try(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// said are what a try found in a state, in short.
func said(r s3.Report, state s3.State) (tried []string) {
	for _, f := range r.Findings {
		if f.State == state {
			tried = append(tried, f.Tried)
		}
	}
	return tried
}

// What servers answer, and what the gateway makes of them.
func TestTryOfABucket(t *testing.T) {
	server := s3test.Start(t)
	bytesOf := func(f func([]byte) []byte) s3test.Habit { return server.Garbles(f) }
	for name, test := range map[string]struct {
		habits  []s3test.Habit
		ways    s3.Ways
		other   string // what goes in another way
		refused string // what has no other way
	}{
		"usual":                     {},
		"no trailer":                {habits: []s3test.Habit{s3test.Answers(s3test.WithTrailer, 400, "XAmzContentSHA256Mismatch")}, ways: s3.Ways{Ahead: true}, other: "storing an object"},
		"no condition":              {habits: []s3test.Habit{s3test.Answers(s3test.Conditional, 501, "NotImplemented")}, ways: s3.Ways{Looking: true}, other: "not overwriting an object"},
		"condition vain":            {habits: []s3test.Habit{server.Overwrites()}, ways: s3.Ways{Looking: true}, other: "not overwriting an object"},
		"neither":                   {habits: []s3test.Habit{s3test.Answers(s3test.WithTrailer, 400, "XAmzContentSHA256Mismatch"), server.Overwrites()}, ways: s3.Ways{Ahead: true, Looking: true}, other: "storing an object, not overwriting an object"},
		"parts overwrite":           {habits: []s3test.Habit{server.OverwritesParts()}, ways: s3.Ways{Looking: true}, other: "not overwriting an object"},
		"no versions":               {habits: []s3test.Habit{s3test.Answers(s3test.ForVersions, 501, "NotImplemented")}, other: "listing versions"},
		"no right to write":         {habits: []s3test.Habit{s3test.Answers(s3test.ToPut, 403, "AccessDenied")}, refused: "storing an object"},
		"no right to delete":        {habits: []s3test.Habit{s3test.Answers(s3test.ToDelete, 403, "AccessDenied")}, refused: "deleting an object"},
		"no right to list versions": {habits: []s3test.Habit{s3test.Answers(s3test.ForVersions, 403, "AccessDenied")}, refused: "listing versions, deleting an object"},
		"no right to list uploads":  {habits: []s3test.Habit{s3test.Answers(s3test.ForUploads, 403, "AccessDenied")}, refused: "listing unfinished uploads, deleting an object"},
		"no parts":                  {habits: []s3test.Habit{s3test.Answers(s3test.ToComplete, 501, "NotImplemented")}, refused: "storing an object in parts"},
		"garbled, longer":           {habits: []s3test.Habit{bytesOf(func(b []byte) []byte { return append([]byte("10;chunk\r\n"), b...) })}, refused: "storing an object"},
		"garbled, as long":          {habits: []s3test.Habit{bytesOf(func(b []byte) []byte { return bytes.ToUpper(b) })}, refused: "reading an object"},
		"keeps what it deletes":     {habits: []s3test.Habit{deaf}, refused: "deleting an object"},
	} {
		t.Run(name, func(t *testing.T) {
			c := s3test.Apart(server.Behind(test.habits...))
			r := tried(t, c)
			if got := strings.Join(said(r, s3.Refused), ", "); got != test.refused || r.Usable() != (got == "") || (r.Err() == nil) != r.Usable() {
				t.Errorf("refused: %q, want %q: %+v", got, test.refused, r.Findings)
			}
			if got := strings.Join(said(r, s3.OtherWay), ", "); test.refused == "" && (got != test.other || r.Ways != test.ways) {
				t.Errorf("ways %+v, want %+v; in another way: %q, want %q", r.Ways, test.ways, got, test.other)
			}
			left := slices.Collect(server.Names(c.Prefix + "/"))
			if !strings.Contains(test.refused, "deleting") && len(left) > 0 {
				t.Errorf("the try leaves %v", left)
			}
		})
	}
}

// deaf deletes nothing and says that it has.
func deaf(w http.ResponseWriter, r *http.Request, server http.Handler) {
	if s3test.ToDelete(r) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	server.ServeHTTP(w, r)
}

// A server that does not list unfinished uploads needs a rule of the bucket.
func TestTryOfABucketWithoutListingOfUploads(t *testing.T) {
	server := s3test.Start(t)
	for _, habit := range []s3test.Habit{s3test.Answers(s3test.ForUploads, 501, "NotImplemented"), s3test.Answers(s3test.ForUploads, 404, "NoSuchUpload")} {
		r := tried(t, s3test.Apart(server.Behind(habit)))
		if got := said(r, s3.Noted); len(got) != 1 || got[0] != "listing unfinished uploads" || !r.Usable() {
			t.Errorf("noted: %v", got)
		}
	}
}

// A bucket that keeps versions is left without any, and one that locks with one object,
// however often it is tried.
func TestTryOfABucketThatKeeps(t *testing.T) {
	versioned := s3test.StartVersioned(t)
	if r := tried(t, versioned.Config()); !r.Usable() || len(versioned.Versions("try-")) > 0 || len(slices.Collect(versioned.Names(""))) > 0 {
		t.Errorf("versioned: %+v", r)
	}
	locked := s3test.StartLocked(t)
	if r := tried(t, locked.Config()); !r.Usable() || len(slices.Collect(locked.Names(""))) > 0 {
		t.Errorf("with locks: %+v", r)
	}
	locked.LockAll(1)
	for range 2 {
		r := tried(t, locked.Config())
		if !r.Usable() || !slices.Contains(said(r, s3.Noted), "deleting an object") {
			t.Errorf("that locks all: %+v", r)
		}
	}
	if got := locked.Versions("try-kept"); len(got) != 1 {
		t.Errorf("%d versions stay, want one", len(got))
	}
}

// A clock that is off is said before the server refuses it.
func TestTrySaysThatTheClockIsOff(t *testing.T) {
	late := func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		server.ServeHTTP(dated{w}, r)
	}
	r := tried(t, s3test.Apart(s3test.Start(t).Behind(late)))
	if got := said(r, s3.Noted); !slices.Equal(got, []string{"the clock"}) {
		t.Errorf("noted: %v", got)
	}
}

// dated answers with a date that is off by five minutes.
type dated struct{ http.ResponseWriter }

func (d dated) WriteHeader(status int) {
	d.Header().Set("Date", time.Now().Add(5*time.Minute).UTC().Format(http.TimeFormat))
	d.ResponseWriter.WriteHeader(status)
}

func TestTryOfAServerThatIsAway(t *testing.T) {
	c, _ := s3test.Answering(t, s3test.Says(503, "SlowDown"))
	if _, err := s3.Try(t.Context(), c); err == nil {
		t.Error("a server that is away was tried")
	}
}

// Each Put is held against what the server has stored.
func TestBucketNoticesWhatIsGarbled(t *testing.T) {
	server := s3test.Start(t)
	longer := server.Garbles(func(b []byte) []byte { return append(b, '!') })
	for name, size := range map[string]int{"small": 6, "streamed": 1 << 20} {
		for _, declared := range []int64{int64(size), -1} {
			b := open(t, s3test.Apart(server.Behind(longer)))
			err := b.Put(t.Context(), "d/object", bytes.NewReader(make([]byte, size)), declared)
			if err == nil || !strings.Contains(err.Error(), "has not stored what it was sent") {
				t.Errorf("%s, declared as %d: %v", name, declared, err)
			}
		}
	}
}

// A bucket for ledgers needs less: what is published is never deleted.
func TestTryOfABucketForLedgers(t *testing.T) {
	server := s3test.StartLocked(t)
	for name, test := range map[string]struct {
		habits  []s3test.Habit
		mode    s3.RetentionMode
		ways    s3.Ways
		refused string
	}{
		"usual":         {},
		"locked":        {mode: s3.Governance},
		"may not erase": {habits: []s3test.Habit{s3test.Answers(s3test.ToDelete, 403, "AccessDenied")}, mode: s3.Governance},
		"no condition":  {habits: []s3test.Habit{s3test.Answers(s3test.Conditional, 501, "NotImplemented")}, ways: s3.Ways{Looking: true}},
		"no digests":    {habits: []s3test.Habit{s3test.Answers(s3test.ToPut, 400, "InvalidRequest")}, refused: "storing an object"},
		"no lock kept":  {habits: []s3test.Habit{deaf}, mode: s3.Compliance, refused: "keeping an object"},
	} {
		t.Run(name, func(t *testing.T) {
			c := s3test.Apart(server.Behind(test.habits...))
			for range 2 { // the second finds what the first has left
				r, err := s3.TryLedgers(t.Context(), c, test.mode)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(said(r, s3.Refused), ", "); got != test.refused || got == "" && r.Ways != test.ways {
					t.Errorf("refused: %q, want %q; ways %+v: %+v", got, test.refused, r.Ways, r.Findings)
				}
			}
		})
	}
	r, err := s3.TryLedgers(t.Context(), s3test.Start(t).Config(), s3.Governance)
	if err != nil || !slices.Equal(said(r, s3.Refused), []string{"keeping an object"}) {
		t.Errorf("a bucket without locks: %+v, %v", r, err)
	}
}
