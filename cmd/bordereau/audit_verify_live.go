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
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit/verify"
)

// liveFlags say which gateway to read ledgers from.
type liveFlags struct {
	url       string
	tokenFile string
	state     string
}

func (l *liveFlags) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&l.url, "api", "", "address of a gateway whose ledgers to verify as it serves them, as in https://bordereau.example")
	f.StringVar(&l.tokenFile, "token-file", "", "api: file with an access token of somebody who may ask for proofs and export")
	f.StringVar(&l.state, "state", "", "api: file that keeps the newest checkpoint verified of each ledger, so that the next run proves that it only grew")
	cmd.MarkFlagsRequiredTogether("api", "token-file")
}

func (l *liveFlags) check(keys []string) error {
	switch {
	case l.state != "" && l.url == "":
		return errors.New("--state goes with --api")
	case l.url != "" && len(keys) == 0:
		return errors.New("--api needs the --key of each ledger, from somebody you trust")
	}
	return nil
}

// verifyLive verifies the ledgers that the keys are of, as a gateway serves them. Reading is recorded there.
func verifyLive(ctx context.Context, l liveFlags, v verification) error {
	if len(v.older) > 0 && len(v.keys) != 1 {
		return errors.New("older checkpoints belong to one ledger: name its key alone")
	}
	base, err := gatewayAddress(l.url)
	if err != nil {
		return err
	}
	token, err := os.ReadFile(l.tokenFile)
	if err != nil {
		return fmt.Errorf("reading the access token: %w", err)
	}
	state, err := openState(l.state)
	if err != nil {
		return err
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
			return fmt.Errorf("there is no --key of ledger %q", ledger)
		}
	}
	return showAll(v.out, ledgers, v.asJSON, func(ledger string) (*verify.Report, error) {
		served := &servedLedger{ctx: ctx, base: base.JoinPath("v1/audit/ledgers", ledger), token: strings.TrimSpace(string(token)),
			client: &http.Client{Timeout: time.Minute, CheckRedirect: noRedirect}}
		return state.prove(ctx, served, verify.Evidence{Ledger: ledger, Key: keyOf[ledger], Older: v.older})
	})
}

// gatewayAddress refuses to send a token over a network in clear.
func gatewayAddress(address string) (*url.URL, error) {
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return nil, errors.New("--api must be an address as in https://bordereau.example")
	}
	ip := net.ParseIP(base.Hostname())
	local := base.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if base.Scheme != "https" && !(base.Scheme == "http" && local) {
		return nil, errors.New("--api must begin with https://, or the token would be sent in clear")
	}
	return base, nil
}

// noRedirect: a token is for the gateway that was named.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// servedLedger is a ledger over HTTP as a folder of tiles. It has one checkpoint, the one that is served.
type servedLedger struct {
	ctx    context.Context // of the command
	base   *url.URL
	token  string
	client *http.Client

	checkpoint []byte // as it was served
	err        error  // why something could not be read: it says nothing about the ledger
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

// Stat implements fs.StatFS. It asks nobody: what is not there is found out when it is opened.
func (l *servedLedger) Stat(name string) (fs.FileInfo, error) { return servedInfo{name: name}, nil }

func (l *servedLedger) get(name string) ([]byte, error) {
	request, err := http.NewRequestWithContext(l.ctx, http.MethodGet, l.base.JoinPath(name).String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+l.token)
	response, err := l.client.Do(request)
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
	return data, nil // one that is too long is found too long by the verifier
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

// verifyState is a file with the newest checkpoint that was verified of each ledger, by the name of its key. It is as good
// as its owner keeps it: nobody else should be able to write it.
type verifyState struct {
	path        string            // empty: nothing is kept
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
		return nil, fmt.Errorf("reading --state: %s is not a file that `audit verify` wrote: %w", path, err)
	}
	if s.Checkpoints == nil {
		s.Checkpoints = map[string]string{}
	}
	return s, nil
}

// prove verifies a ledger against the checkpoint that was kept of it, and keeps the new one when nothing is wrong.
func (s *verifyState) prove(ctx context.Context, served *servedLedger, against verify.Evidence) (*verify.Report, error) {
	name, _, _ := strings.Cut(against.Key, "+")
	if kept := s.Checkpoints[name]; kept != "" {
		against.Older = append(append([][]byte{}, against.Older...), []byte(kept))
	}
	report, err := verify.Published(ctx, served, against)
	if err = errors.Join(err, served.err); err != nil {
		return nil, err
	}
	if !report.OK() || s.path == "" {
		return report, nil
	}
	s.Checkpoints[name] = string(served.checkpoint)
	return report, s.write()
}

// write replaces the file at once: a run that is cut off leaves the old one.
func (s *verifyState) write() error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	next := s.path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing --state: %w", err)
	}
	if _, err := writeWhole(next, func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err }); err != nil {
		return fmt.Errorf("writing --state: %w", err)
	}
	if err := os.Rename(next, s.path); err != nil {
		return fmt.Errorf("writing --state: %w", err)
	}
	return nil
}
