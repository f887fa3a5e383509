package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/gateway/api"
)

// liveFlags name the gateway to read ledgers from, and the credentials. The gateway must
// be named by a flag: the environment does not choose the source that `audit verify`
// verifies.
type liveFlags struct {
	to    connection
	state string
}

func (l *liveFlags) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&l.to.url, "api", "", "address of a gateway, to verify the ledgers that it serves; your credentials must allow proofs and exports")
	l.to.addSignInFlags(cmd)
	f.StringVar(&l.state, "state", "", "api: file that keeps the newest verified checkpoint of each ledger, so that the next run proves that the ledger only grew")
}

func (l *liveFlags) check(keys []string) error {
	switch {
	case l.to.url == "" && *l != (liveFlags{}):
		return usageError("--state, --credentials, --token-file and --ca-file go with --api")
	case l.to.url != "" && len(keys) == 0:
		return usageError("--api needs the --key of each ledger: ask a person whom you trust for it")
	}
	return nil
}

// verifyLive verifies the ledgers of the keys, as a gateway serves them. The gateway
// records the reading.
func verifyLive(ctx context.Context, l liveFlags, v verification) error {
	if len(v.older) > 0 && len(v.keys) != 1 {
		return usageError("older checkpoints belong to one ledger: give the --key of that ledger alone")
	}
	keyOf, err := keysByLedger(v.keys)
	if err != nil {
		return err
	}
	ledgers := v.ledgers
	if len(ledgers) == 0 {
		ledgers = slices.Sorted(maps.Keys(keyOf))
	}
	for _, ledger := range ledgers {
		if keyOf[ledger] == "" {
			return usageError(fmt.Sprintf("ledger %q has no --key: give one, or leave the ledger out", ledger))
		}
	}
	state, err := openState(l.state)
	if err != nil {
		return err
	}
	client, err := l.to.dial(ctx)
	if err != nil {
		return err
	}
	return showAll(v.out, ledgers, v.asJSON, func(ledger string) (*verify.Report, error) {
		statements, err := servedStatements(ctx, client, ledger, keyOf[ledger])
		if err != nil {
			return nil, err
		}
		return state.prove(ctx, &servedLedger{ctx: ctx, client: client, name: ledger},
			verify.Evidence{Ledger: ledger, Key: keyOf[ledger], Older: v.older, Statements: statements})
	})
}

// servedStatements makes the statements about a ledger's keys from the events that repeat
// them. The verification finds a statement that is missing or false when it comes to the
// event.
func servedStatements(ctx context.Context, client *api.Client, ledger, key string) ([]verify.Statement, error) {
	var statements []verify.Statement
	limit, rekey := api.Limit(500), string(event.ActionRekey)
	for after, more := (*api.After)(nil), true; more; more = after != nil {
		page, _, err := api.Read[api.EventPage](client.ListEvents(ctx, &api.ListEventsParams{Ledger: ledger, Action: &rekey, After: after, Limit: &limit}))
		if err != nil {
			return nil, fmt.Errorf("asking the gateway for the ledger's keys: %w", err)
		}
		for _, e := range page.Items {
			if s, err := verify.StatementOf(key, event.Event{Seq: e.Seq, Subject: e.Subject}); err == nil {
				statements = append(statements, s)
			}
		}
		after = page.Next
	}
	return statements, nil
}

// servedLedger is a ledger over HTTP in the form of a folder of tiles. It has one
// checkpoint, which the gateway serves.
type servedLedger struct {
	ctx    context.Context // of the command
	client *api.Client
	name   string

	checkpoint []byte // as it was served
	err        error  // the first read that failed; it says nothing about the ledger
}

// maxServed is more than the largest file of a published ledger.
const maxServed = 8 << 20

// Open implements fs.FS.
func (l *servedLedger) Open(name string) (fs.File, error) {
	if name == "checkpoints" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	data, err := l.get(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && l.err == nil {
			l.err = err
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	if name == "checkpoint" {
		l.checkpoint = data
	}
	return &servedFile{servedInfo{name, int64(len(data))}, bytes.NewReader(data)}, nil
}

// Stat implements fs.StatFS. It does not ask the gateway. Open finds out whether a file
// is there.
func (l *servedLedger) Stat(name string) (fs.FileInfo, error) { return servedInfo{name: name}, nil }

// get reads a file of the ledger. A tile's name has slashes, which a generated call would
// escape.
func (l *servedLedger) get(name string) ([]byte, error) {
	request, err := http.NewRequestWithContext(l.ctx, http.MethodGet, l.client.Server+"v1/audit/ledgers/"+l.name+"/"+name, nil)
	if err != nil {
		return nil, err
	}
	for _, edit := range l.client.RequestEditors {
		if err := edit(l.ctx, request); err != nil {
			return nil, err
		}
	}
	response, err := l.client.Client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the gateway: %w", err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, fs.ErrNotExist
	default:
		return nil, fmt.Errorf("asking the gateway for %s: it answered %s", name, response.Status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxServed+1))
	if err != nil {
		return nil, fmt.Errorf("reading the gateway's answer: %w", err)
	}
	return data, nil // the verifier refuses an answer that is too long
}

type servedFile struct {
	servedInfo
	*bytes.Reader
}

func (f *servedFile) Stat() (fs.FileInfo, error) { return f.servedInfo, nil }
func (f *servedFile) Close() error               { return nil }
func (f *servedFile) Read(p []byte) (int, error) { return f.Reader.Read(p) }
func (f *servedFile) Size() int64                { return f.servedInfo.Size() }

type servedInfo struct {
	name string
	size int64
}

func (i servedInfo) Name() string     { return i.name }
func (i servedInfo) Size() int64      { return i.size }
func (servedInfo) Mode() fs.FileMode  { return 0o444 }
func (servedInfo) ModTime() time.Time { return time.Time{} }
func (servedInfo) IsDir() bool        { return false }
func (servedInfo) Sys() any           { return nil }

// verifyState is a file with the newest verified checkpoint of each ledger, by the
// ledger's name in the first epoch: the ledger must agree with a checkpoint of an older
// epoch too. The file must be writable for its owner alone, because a person who can
// change it can hide a change of the ledger.
type verifyState struct {
	path        string            // empty: no file
	Checkpoints map[string]string `json:"checkpoints"`
}

const maxState = 16 << 20

func openState(path string) (*verifyState, error) {
	s := &verifyState{path: path, Checkpoints: map[string]string{}}
	if path == "" {
		return s, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading --state: %w", err)
	}
	defer file.Close()
	decoder := json.NewDecoder(io.LimitReader(file, maxState))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return nil, fmt.Errorf("reading --state: %s is not a file that `audit verify` wrote; name another file, or move this one away: %w", path, err)
	}
	if s.Checkpoints == nil {
		s.Checkpoints = map[string]string{}
	}
	return s, nil
}

// prove verifies a ledger against its kept checkpoint, and keeps the new one when nothing
// is wrong.
func (s *verifyState) prove(ctx context.Context, served *servedLedger, against verify.Evidence) (*verify.Report, error) {
	name, _, _ := strings.Cut(against.Key, "+")
	name, _, _ = event.SplitLogName(name)
	if kept := s.Checkpoints[name]; kept != "" {
		against.Older = append(append([][]byte{}, against.Older...), []byte(kept))
	}
	report, err := verify.Served(ctx, served, against)
	if err = errors.Join(err, served.err); err != nil {
		return nil, err
	}
	if !report.OK() || s.path == "" {
		return report, nil
	}
	s.Checkpoints[name] = string(served.checkpoint)
	return report, s.write()
}

// write replaces the file in one step. An interrupted run leaves the old file.
func (s *verifyState) write() error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	var disk durable.Disk
	if err := disk.ReplaceFile(s.path, 0o600, append(text, '\n')); err != nil {
		return fmt.Errorf("writing --state: %w", err)
	}
	return nil
}
