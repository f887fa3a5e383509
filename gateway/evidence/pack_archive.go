package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // HOW-TO-VERIFY.txt
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
)

//go:embed pack_howto.txt
var packHowTo []byte

// packMember is a file of the archive. Its data is made when it is written, so that the
// many proofs are never in memory at once.
type packMember struct {
	name string
	data func(ctx context.Context) ([]byte, error)
}

// packManifest lists the members before it. docs/ledger.md has its form, which is that of
// encoding/json.
type packManifest struct {
	Pack     int          `json:"pack"`
	Ledger   string       `json:"ledger"`
	Size     int64        `json:"size"`
	Events   int          `json:"events"`
	Export   string       `json:"export"`
	Withheld []withheld   `json:"withheld"`
	Members  []packedFile `json:"members"`
}

type packedFile struct {
	Name   string `json:"name"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

// members are the files of the pack in their order.
func (c *packContent) members(key string) ([]packMember, error) {
	prover, err := c.tree.Prover()
	if err != nil {
		return nil, err
	}
	proof := func(seq int64) packMember {
		return packMember{"proofs/" + strconv.FormatInt(seq, 10), func(ctx context.Context) ([]byte, error) { return prover.ProveEvent(ctx, seq) }}
	}
	list := []packMember{fixed("HOW-TO-VERIFY.txt", packHowTo), fixed("key", []byte(key+"\n")), fixed("checkpoint", prover.Checkpoint()),
		fixed("question.json", packLine(c.export)), {"events.ndjson", c.lines}, {"events.csv", c.table}}
	list = append(list, c.statements...)
	for _, t := range c.terms {
		list = append(list, fixed(fmt.Sprintf("contracts/%s/%d", t.Contract, t.Version), t.text))
	}
	if c.since > 0 && c.since < c.tree.Size() {
		list = append(list, packMember{fmt.Sprintf("consistency/%d", c.since), func(ctx context.Context) ([]byte, error) {
			return c.tree.ProveConsistency(ctx, c.since)
		}})
	}
	list = append(list, proof(c.export.Event.Seq))
	for _, row := range c.rows {
		if row.Event.Seq != c.export.Event.Seq {
			list = append(list, proof(row.Event.Seq))
		}
	}
	return list, nil
}

// manifest is the list without the members, which are added as they are written.
func (c *packContent) manifest(ledger string) packManifest {
	m := packManifest{Pack: 1, Ledger: ledger, Size: c.tree.Size(), Events: len(c.rows), Export: c.export.Event.ID,
		Withheld: c.withheld, Members: []packedFile{}}
	if m.Withheld == nil {
		m.Withheld = []withheld{}
	}
	return m
}

// fixed is a member whose data is at hand.
func fixed(name string, data []byte) packMember {
	return packMember{name, func(context.Context) ([]byte, error) { return data, nil }}
}

// packLine is an event in a line: its leaf and its erasable data, byte for byte.
func packLine(s ask.Stored) []byte {
	line := append([]byte(`{"leaf":`), s.Leaf...)
	if s.Opening != nil {
		line = append(line, `,"private":`...)
		line = append(line, s.Opening.Clear...)
		line = fmt.Appendf(line, `,"salt":"%s"`, base64.StdEncoding.EncodeToString(s.Opening.Salt))
	}
	return append(line, "}\n"...)
}

func (c *packContent) lines(context.Context) ([]byte, error) {
	var out bytes.Buffer
	for _, row := range c.rows {
		out.Write(packLine(row))
	}
	return out.Bytes(), nil
}

func (c *packContent) table(context.Context) ([]byte, error) {
	var out bytes.Buffer
	err := WriteCSV(&out, func(yield func(event.Event, error) bool) {
		for _, row := range c.rows {
			if !yield(row.Event, nil) {
				return
			}
		}
	})
	return out.Bytes(), err
}

// zipDate is the first day in the calendar of ZIP. Every member has it, so that the same
// pack is the same bytes.
const zipDate = 1<<5 | 1

// writePack writes the archive: the members one after the other, and the list of them
// last. Members are stored and not compressed: hashes do not compress, and the size of
// the archive then tells the size of its contents.
func writePack(ctx context.Context, w io.Writer, manifest packManifest, members []packMember, progress choke.Progress) error {
	archive := zip.NewWriter(w)
	for i, m := range members {
		progress.Tell(int64(i), int64(len(members)))
		data, err := m.data(ctx)
		if err != nil {
			return fmt.Errorf("making %s: %w", m.name, err)
		}
		if err := writeMember(archive, m.name, data); err != nil {
			return err
		}
		digest := sha256.Sum256(data)
		manifest.Members = append(manifest.Members, packedFile{m.name, len(data), choke.HexOf(digest[:])})
	}
	list, err := json.MarshalIndent(manifest, "", " ")
	if err != nil {
		return fmt.Errorf("making the manifest: %w", err)
	}
	if err := writeMember(archive, "manifest.json", append(list, '\n')); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("writing the archive: %w", err)
	}
	return nil
}

func writeMember(archive *zip.Writer, name string, data []byte) error {
	header := &zip.FileHeader{Name: name, CreatorVersion: 20, ReaderVersion: 20, CRC32: crc32.ChecksumIEEE(data),
		CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data))}
	//lint:ignore SA1019 CreateRaw takes the date from here, and does not look at Modified.
	header.ModifiedDate = zipDate
	member, err := archive.CreateRaw(header)
	if err == nil {
		_, err = member.Write(data)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
