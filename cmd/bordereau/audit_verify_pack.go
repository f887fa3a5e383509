package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/bordereau/bordereau/audit/verify"
)

// verifyPack verifies an evidence pack. With tiles it also verifies the copy of the
// pack's ledger, and the two against each other.
func verifyPack(ctx context.Context, path string, keys []string, older [][]byte, tiles tilesFlags, asJSON bool, out io.Writer) error {
	if len(keys) > 1 {
		return usageError("a pack has the events of one ledger: give the --key of that ledger alone")
	}
	against := verify.PackEvidence{Older: older}
	if len(keys) == 1 {
		if _, err := ledgerOf(keys[0]); err != nil {
			return err
		}
		against.Key = keys[0]
	}
	report, err := readPack(ctx, path, against)
	if err != nil {
		return err
	}
	if err := showPack(out, report, asJSON); err != nil {
		return err
	}
	switch {
	case !report.OK():
		return errReported
	case tiles.place != "":
		return verifyTiles(ctx, tiles, keys, append(older, report.Note), asJSON, out)
	case !report.Proves():
		return errUnproven
	}
	return nil
}

func readPack(ctx context.Context, path string, against verify.PackEvidence) (*verify.PackReport, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the pack: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the pack: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("opening the pack: it is not a file; name the .zip file that `audit export --format pack` wrote")
	}
	return verify.Pack(ctx, file, info.Size(), against)
}

func showPack(out io.Writer, r *verify.PackReport, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(struct {
			*verify.PackReport
			OK     bool `json:"ok"`
			Proves bool `json:"proves"`
		}{r, r.OK(), r.Proves()})
	}
	verdict, key := "WRONG", "given by you"
	switch {
	case r.Proves():
		verdict = "good"
	case r.OK():
		verdict = "UNPROVEN"
	}
	if r.KeyFrom == verify.KeyInPack {
		key = "CAME IN THE PACK, so it proves nothing: give one with --key"
	}
	fmt.Fprintf(out, "%-8s  %-28s  %d events under a checkpoint of %d\n", verdict, r.Ledger, r.Events, r.Checkpoint)
	fmt.Fprintf(out, "          key:   %s\n", key)
	if a := r.Asked; a != nil {
		fmt.Fprintf(out, "          asked: by %s, %s, in event %d (%s): %s\n", printable(a.By), a.At.UTC().Format(time.RFC3339), a.Seq, a.Event, printable(a.Question))
	}
	for _, p := range r.Problems {
		fmt.Fprintf(out, "          %s: %s: %s\n", placeOf(p, "the pack"), p.Kind, p.Detail)
	}
	_, err := fmt.Fprintf(out, "\n%s", r.Statement())
	return err
}

// printable replaces characters that could move a terminal's cursor, because the text may
// come from any person.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// placeOf names the object of a problem: an event or the whole.
func placeOf(p verify.Problem, whole string) string {
	if p.Seq == verify.NoSeq {
		return whole
	}
	return fmt.Sprintf("event %d", p.Seq)
}
