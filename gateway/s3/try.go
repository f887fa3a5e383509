package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// A Report is what a try of a bucket found.
type Report struct {
	Bucket   string    `json:"bucket"`
	Tried    time.Time `json:"tried"`
	Ways     Ways      `json:"ways"`
	Findings []Finding `json:"findings"`
}

// A Finding is one thing that was tried.
type Finding struct {
	Tried string `json:"tried"` // in a few words
	State State  `json:"state"`
	Says  string `json:"says,omitempty"` // what is missing, and what follows
}

// State is how a try ended.
type State string

// The states. Only a refused bucket must not be used.
const (
	Works    State = "works"
	OtherWay State = "other-way" // it is missing, and done in another way
	Noted    State = "noted"     // it works with a consequence that an operator should know
	Refused  State = "refused"   // it is missing, and there is no other way
)

// Usable says whether the bucket keeps what the gateway promises.
func (r Report) Usable() bool {
	for _, f := range r.Findings {
		if f.State == Refused {
			return false
		}
	}
	return true
}

// Err is nil for a usable bucket, or says in words what is missing.
func (r Report) Err() error {
	var missing []string
	for _, f := range r.Findings {
		if f.State == Refused {
			missing = append(missing, "\n- "+f.Tried+": "+f.Says)
		}
	}
	if missing == nil {
		return nil
	}
	return fmt.Errorf("%s cannot be used:%s\ndocs/stores.md says what a store must do", r.Bucket, strings.Join(missing, ""))
}

// tryPrefix is before the names of all that a try stores. No document and no ledger has
// such a name.
const tryPrefix = "try-"

// triedWays are in the order in which they are tried.
var triedWays = []Ways{{}, {Ahead: true}, {Looking: true}, {Ahead: true, Looking: true}}

// Try tries a bucket with the calls of the product itself, and finds the ways in which it
// has to be asked. It leaves nothing behind, but in a bucket whose objects all get a
// retention one small object, which the next try uses again. An error says that the
// bucket could not be tried; what it cannot do is in the report.
func Try(ctx context.Context, c Config) (Report, error) {
	var usual Report
	for _, ways := range triedWays {
		c.Ways = ways
		r, another, err := tryWay(ctx, c)
		if err != nil || !another {
			return r, err
		}
		if ways == (Ways{}) {
			usual = r
		}
	}
	return usual, nil // no way is better, and what the usual one lacks says most
}

// tryWay tries a bucket in one way. Another one may be better.
func tryWay(ctx context.Context, c Config) (r Report, another bool, err error) {
	b, err := Open(ctx, c)
	if err != nil {
		return r, false, err
	}
	defer b.Close()
	r = Report{Bucket: c.String(), Tried: time.Now().UTC(), Ways: c.Ways}
	t := &try{bucket: b, report: &r}
	err = t.run(ctx)
	t.cleanUp(ctx)
	if err != nil {
		return r, false, fmt.Errorf("trying %s: %w", c, err)
	}
	return r, t.another, nil
}

// try is a try of a bucket in one of the ways.
type try struct {
	bucket  *Bucket
	report  *Report
	another bool     // it may go in another way
	names   []string // that it stored
	kept    bool     // every object of the bucket gets a retention
}

func (t *try) found(tried string, state State, says string) {
	t.report.Findings = append(t.report.Findings, Finding{tried, state, says})
}

// cannot notes what the server refuses or gets wrong. An error of the way to it ends the
// try.
func (t *try) cannot(tried string, err error, follows string) error {
	if errors.Is(err, ErrUnavailable) {
		return fmt.Errorf("%s: %w", tried, err)
	}
	t.found(tried, Refused, fmt.Sprintf("%s (%v)", follows, err))
	return nil
}

// name is a new one.
func (t *try) name() string {
	name := tryPrefix + strings.ToLower(rand.Text())
	t.names = append(t.names, name)
	return name
}

func (t *try) run(ctx context.Context) error {
	name, content, err := t.store(ctx)
	if err != nil || content == nil {
		return err
	}
	for _, step := range []func(context.Context, string, []byte) error{
		t.readBack, t.overwrite, t.inParts, t.list, t.versions, t.uploads, t.remove,
	} {
		if err := step(ctx, name, content); err != nil || t.another {
			return err
		}
	}
	t.clock()
	return nil
}

// keptName is the one object of a try in a bucket whose objects all get a retention.
const keptName = tryPrefix + "kept"

const storing = "storing an object"

// store puts the object with which the rest is tried. No content means that there is
// nothing more to try.
func (t *try) store(ctx context.Context) (name string, content []byte, err error) {
	content = []byte("Bordereau tried this bucket. This object may be deleted: " + strings.Repeat("0123456789 ", 100))
	since, err := t.bucket.keptSince(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("asking for the bucket's retention: %w", err)
	}
	t.kept = !since.IsZero()
	name = keptName
	if !t.kept {
		name = t.name()
	}
	err = t.bucket.Put(ctx, name, bytes.NewReader(content), int64(len(content)))
	if t.kept && errors.Is(err, ErrExists) {
		err = nil // of an earlier try
	}
	if err != nil {
		t.another = errors.Is(err, ErrRefused)
		return "", nil, t.cannot(storing, err, "no document can be stored")
	}
	switch {
	case t.bucket.ways.Ahead:
		t.found(storing, OtherWay, "the server takes no checksum after a body: bodies are held in memory, up to 16 MiB for each upload, and their digests sent ahead")
	default:
		t.found(storing, Works, "")
	}
	return name, content, nil
}

func (t *try) readBack(ctx context.Context, name string, content []byte) error {
	const whole, part = "reading an object", "reading from the middle of an object"
	if got, err := t.read(ctx, name, 0); err != nil || !bytes.Equal(got, content) {
		t.another = true
		return t.cannot(whole, wrong(err, "it gives other bytes than it was sent"), "documents would be lost")
	}
	t.found(whole, Works, "")
	if got, err := t.read(ctx, name, 10); err != nil || !bytes.Equal(got, content[10:]) {
		return t.cannot(part, wrong(err, "it gives other bytes"), "no part of a document could be read")
	}
	t.found(part, Works, "")
	return nil
}

func (t *try) read(ctx context.Context, name string, offset int64) ([]byte, error) {
	body, _, err := t.bucket.Get(ctx, name, offset)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// wrong is err, or what is wrong without one.
func wrong(err error, text string) error {
	if err != nil {
		return err
	}
	return errors.New(text)
}

func (t *try) overwrite(ctx context.Context, name string, content []byte) error {
	const tried = "not overwriting an object"
	other := bytes.ToUpper(content)
	err := t.bucket.Put(ctx, name, bytes.NewReader(other), int64(len(other)))
	switch got, failed := t.read(ctx, name, 0); {
	case failed != nil:
		return t.cannot(tried, failed, "documents would be lost")
	case !errors.Is(err, ErrExists) && !errors.Is(err, ErrUnavailable), !bytes.Equal(got, content):
		t.another = true
		return t.cannot(tried, wrong(err, "it ignores If-None-Match"), "documents could be overwritten")
	case err != nil && !errors.Is(err, ErrExists):
		return t.cannot(tried, err, "")
	}
	if t.bucket.ways.Looking {
		t.found(tried, OtherWay, "the server does not honour If-None-Match: the gateway looks first. Two gateways do not see each other's writes, so what they store "+
			"must never have one name; documents never do")
	} else {
		t.found(tried, Works, "")
	}
	return nil
}

// inParts stores an object of two parts, and tries it on a name that is taken.
func (t *try) inParts(ctx context.Context, taken string, _ []byte) error {
	const tried = "storing an object in parts"
	content := make([]byte, LeastLargestPut+1000)
	for i := range content {
		content[i] = byte(i >> 8)
	}
	if !t.kept {
		name := t.name()
		err := t.sendParts(ctx, name, content)
		if err != nil {
			return t.cannot(tried, err, "no document above 16 MiB could be stored without its length, and none above objects.largest-put")
		}
		if got, err := t.read(ctx, name, 0); err != nil || !bytes.Equal(got, content) {
			return t.cannot(tried, wrong(err, "it gives other bytes than it was sent"), "large documents would be lost")
		}
	}
	if !t.bucket.ways.Looking { // the gateway looks before the first part
		if err := t.sendParts(ctx, taken, content[:1000]); !errors.Is(err, ErrExists) {
			t.another = !errors.Is(err, ErrUnavailable)
			return t.cannot(tried, wrong(err, "it ignores If-None-Match when the parts are put together"), "large documents could be overwritten")
		}
	}
	t.found(tried, Works, "")
	return nil
}

func (t *try) sendParts(ctx context.Context, name string, content []byte) error {
	return t.bucket.sendParts(ctx, t.bucket.prefix+name, newBuffered(bytes.NewReader(content), LeastLargestPut))
}

func (t *try) list(ctx context.Context, name string, _ []byte) error {
	const tried = "listing objects"
	last := ""
	there := false
	for o, err := range t.bucket.List(ctx, tryPrefix, "") {
		switch {
		case err != nil:
			return t.cannot(tried, err, "the store could not be compared with the database")
		case o.Name <= last:
			return t.cannot(tried, errors.New("it is out of order"), "the store could not be compared with the database")
		}
		last, there = o.Name, there || o.Name == name
	}
	if !there {
		return t.cannot(tried, errors.New("an object is left out"), "the store could not be compared with the database")
	}
	t.found(tried, Works, "")
	return nil
}

func (t *try) versions(ctx context.Context, name string, _ []byte) error {
	const tried = "listing versions"
	ids, err := t.bucket.versionsOf(ctx, name)
	switch {
	case notImplemented(err):
		t.found(tried, OtherWay, "the server has no versions: objects are deleted plainly")
		return nil
	case err != nil:
		return t.cannot(tried, err, "nothing could be erased: give the key s3:ListBucketVersions")
	case len(ids) == 0:
		return t.cannot(tried, errors.New("an object is left out"), "nothing could be erased")
	}
	t.found(tried, Works, "")
	return nil
}

func (t *try) uploads(ctx context.Context, _ string, _ []byte) error {
	const tried = "listing unfinished uploads"
	name := t.name()
	upload, err := t.bucket.begin(ctx, t.bucket.prefix+name, minio.PutObjectOptions{})
	if err != nil {
		return t.cannot(tried, err, "nothing could be stored in parts")
	}
	defer t.bucket.abort(ctx, t.bucket.prefix+name, upload)
	const follows = "what dead uploads leave stays until a lifecycle rule of the bucket removes it: give it one"
	for _, prefix := range []string{tryPrefix, name} {
		found, err := t.bucket.Uploads(ctx, prefix)
		if err != nil {
			return t.cannot(tried, err, "nothing could be erased: give the key s3:ListBucketMultipartUploads")
		}
		for _, u := range found {
			if u.Name != name {
				continue
			}
			if prefix == name {
				t.found(tried, Noted, "the server lists them by their whole name only: "+follows)
			} else {
				t.found(tried, Works, "")
			}
			return nil
		}
	}
	t.found(tried, Noted, "the server does not list them: "+follows)
	return nil
}

func (t *try) remove(ctx context.Context, name string, _ []byte) error {
	const tried = "deleting an object"
	err := t.bucket.Delete(ctx, name)
	switch {
	case t.kept && errors.Is(err, ErrLocked):
		t.found(tried, Noted, "the bucket keeps every object for a time: an erasure is certified with the exception object-retained until it has passed")
		return nil
	case err != nil:
		return t.cannot(tried, err, "nothing could be erased")
	}
	if _, _, err := t.bucket.Get(ctx, name, 0); !errors.Is(err, ErrMissing) {
		return t.cannot(tried, wrong(err, "it is still there"), "nothing could be erased")
	}
	t.found(tried, Works, "")
	return nil
}

// clock compares the clocks: servers refuse requests that are a quarter of an hour off.
func (t *try) clock() {
	const tried = "the clock"
	if off := time.Duration(t.bucket.skew.Load()).Round(time.Second); off.Abs() >= time.Minute {
		t.found(tried, Noted, fmt.Sprintf("this machine's clock is off by %s; from 15 minutes on a server refuses everything", off))
		return
	}
	t.found(tried, Works, "")
}

// cleanUp deletes what the try has stored.
func (t *try) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	for _, name := range t.names {
		if err := t.bucket.Delete(ctx, name); err != nil {
			t.found("leaving nothing behind", Noted, fmt.Sprintf("%s stays in the bucket (%v): delete it", t.bucket.prefix+name, err))
		}
	}
}
