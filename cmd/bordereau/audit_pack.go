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
	f.StringVar(&p.out, "out", "", "pack: the file to write, which must not exist")
	f.StringVar(&p.asked.Question, "question", "", "pack: the named question that it answers, as in who-read (see `audit questions`)")
	f.Int64Var(&p.asked.Since, "since", 0, "pack: the size of a checkpoint that its reader holds; it then proves that the ledger only grew since")
	f.StringVar(&p.asked.Which, "which", "", "pack, denials: first, for each person's first refusal ever")
	f.StringSliceVar(&p.asked.Countries, "countries", nil, "pack, outside-hours-or-country: where reading belongs, as in FR,TN")
	f.StringVar(&p.asked.Hours, "hours", "", "pack, outside-hours-or-country: when reading belongs, as in 08:00-18:00")
	f.StringVar(&p.asked.Zone, "zone", "", "pack, outside-hours-or-country: the zone of --hours, as in Europe/Paris (default UTC)")
	f.BoolVar(&p.json, "json", false, "pack: print one JSON object about what was written")
}

// check refuses flags that would be ignored, and a pack that would have no place to go.
func (p *packFlags) check(cmd *cobra.Command, format string) error {
	if format == "pack" {
		if p.out == "" {
			return usageError("a pack is a file: name it with --out")
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

// exportPack writes a pack to its file, which is there only when it is whole.
func exportPack(ctx context.Context, in *installation.Installation, q question, p packFlags, out io.Writer) error {
	ledgers, err := chosenLedgers(ctx, in, q.ledgers)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(p.out); err == nil {
		return fmt.Errorf("%s exists already", p.out)
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
	_, err = fmt.Fprintf(out, "%s: %d bytes. Whoever gets it verifies it with\n    bordereau audit verify --pack FILE --key KEY\n"+
		"and the ledger's key, by another way than the pack: `bordereau audit key` prints it.\n", p.out, size)
	return err
}

// writeWhole writes a file for its owner alone. It is there only when it is whole and on the disk,
// and never in the place of another.
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

// countingWriter counts what it passes on.
type countingWriter struct {
	to      io.Writer
	written int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.written += int64(n)
	return n, err
}
