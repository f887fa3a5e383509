package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/gateway"
)

// manifest lists the results of a recovery: manifest-N.jsonl with the first N that is
// free, a JSON object for each document and the sums as the last line. A manifest without
// its last line is of an interrupted recovery.
type manifest struct {
	folder interface {
		Log(name string, perm fs.FileMode) (durable.File, error)
	}
	file   durable.File // made with the first line
	name   string
	failed []gateway.Recovered
}

func (m *manifest) add(d gateway.Recovered) error {
	if d.Status == gateway.RecoveryFailed {
		m.failed = append(m.failed, d)
	}
	return m.line(d)
}

func (m *manifest) line(v any) error {
	for n := 1; m.file == nil; n++ {
		name := fmt.Sprintf("manifest-%d.jsonl", n)
		file, err := m.folder.Log(name, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("making the manifest: %w", err)
		}
		m.file, m.name = file, name
	}
	lines := json.NewEncoder(m.file)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(v); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	return nil
}

// end ends the manifest. It writes the sums when the recovery came to its end.
func (m *manifest) end(r gateway.RecoveryReport, whole bool) error {
	var err error
	if whole {
		err = m.line(struct {
			Summary gateway.RecoveryReport `json:"summary"`
		}{r})
	}
	if m.file != nil {
		err = errors.Join(err, m.file.Sync(), m.file.Close())
	}
	return err
}
