package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
)

// packFlags are the flags of an evidence pack.
type packFlags struct {
	out   string
	json  bool
	asked gateway.PackQuestion
}

func (p *packFlags) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&p.out, "out", "", "pack: the file to write; it must not exist yet")
	f.StringVar(&p.asked.Question, "question", "", "pack: a named question for the pack to answer, as in who-read; `bordereau audit questions` lists them")
	f.Int64Var(&p.asked.Since, "since", 0, "pack: the size of a checkpoint that the reader has; the pack then proves that the ledger only grew since")
	f.StringVar(&p.asked.Which, "which", "", "pack, denials: `first` shows only the first refusal of each person")
	f.StringSliceVar(&p.asked.Countries, "countries", nil, "pack, outside-hours-or-country: the countries where reading is expected, as in FR,TN")
	f.StringVar(&p.asked.Hours, "hours", "", "pack, outside-hours-or-country: the hours when reading is expected, as in 08:00-18:00")
	f.StringVar(&p.asked.Zone, "zone", "", "pack, outside-hours-or-country: the time zone of --hours, as in Europe/Paris (default UTC)")
	f.BoolVar(&p.json, "json", false, "pack: print one JSON object about the written file")
}

// check refuses flags that would be ignored, and a pack without a file.
func (p *packFlags) check(cmd *cobra.Command, format string) error {
	if format == "pack" {
		if p.out == "" {
			return usageError("a pack is written to a file: name it with --out")
		}
		return nil
	}
	for _, name := range []string{"out", "question", "since", "which", "countries", "hours", "zone", "json"} {
		if cmd.Flags().Changed(name) {
			return usageError("--" + name + " goes with --format pack")
		}
	}
	return nil
}

// exportPack writes a pack to its file. The file appears only when it is whole.
func exportPack(ctx context.Context, in *installation.Installation, q question, p packFlags, out io.Writer) error {
	ledgers, err := chosenLedgers(ctx, in, q.ledgers)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(p.out); err == nil {
		return fmt.Errorf("%s exists already: name another file with --out", p.out)
	}
	p.asked.Query = q.EventQuery
	pack, err := in.Gateway.LocalPack(ctx, ledgers[0], p.asked)
	if err != nil {
		return err
	}
	defer pack.Close()
	size, err := writeWhole(p.out, func(w io.Writer) error {
		progress, stop := progressBar("packing", p.json)
		defer stop()
		pack.Progress = progress
		return pack.Send(ctx, w)
	})
	if err != nil {
		return fmt.Errorf("writing the pack: %w", err)
	}
	if p.json {
		return json.NewEncoder(out).Encode(map[string]any{"file": p.out, "bytes": size, "ledger": ledgers[0], "key": in.Ledger.VerifierKey(ledgers[0])})
	}
	_, err = fmt.Fprintf(out, "%s: %d bytes. The person who gets the pack verifies it with\n    bordereau audit verify --pack FILE --key KEY\n"+
		"`bordereau audit key` prints KEY. Send it by another way than the pack.\n", p.out, size)
	return err
}

// writeWhole writes a file that only its owner can read. The file appears only when it is
// whole and on the disk, and it never replaces another one.
func writeWhole(path string, write func(io.Writer) error) (size int64, err error) {
	var disk durable.Disk
	err = disk.CreateFile(path, 0o600, func(w io.Writer) error {
		counted := &countingWriter{to: w}
		buffer := bufio.NewWriterSize(counted, 64<<10)
		if err := write(buffer); err != nil {
			return err
		}
		err := buffer.Flush()
		size = counted.written
		return err
	})
	if err != nil {
		return 0, err
	}
	return size, nil
}

// countingWriter counts the bytes that it passes on.
type countingWriter struct {
	to      io.Writer
	written int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.written += int64(n)
	return n, err
}
