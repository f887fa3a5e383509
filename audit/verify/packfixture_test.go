package verify_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strconv"
	"testing"
	"time"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
)

const packTerms = "title: Claims handling\nversion: 1\n"

// The ledger that packs are made of in these tests: a contract is approved, two people of
// the provider read documents, and an officer exports the events.
const (
	packApproval = 0
	packExport   = 10
	packSize     = 11
)

func packLedger(t testing.TB) *ledger {
	t.Helper()
	l := &ledger{}
	for seq := range packSize {
		l.append(t, packEvent(t, seq, packQuestion))
	}
	return l
}

const packQuestion = `{"Ledger":"","Contract":"","Action":"","From":"0001-01-01T00:00:00Z","To":"0001-01-01T00:00:00Z","Question":""}`

func packEvent(t testing.TB, seq int, question string) verify.Row {
	t.Helper()
	e := draft(seq - 1) // a read is granted at 1 and ends at 2
	e.Seq, e.Time, e.ID, e.Version, e.Organisation, e.Role = int64(seq), at(seq), id("e", seq), 1, id("o", 2), "handler"
	private := map[string]string{"address": "192.0.2.7"}
	if e.Grant != "" {
		e.Grant = id("e", seq-1)
	}
	switch seq {
	case packApproval:
		e.Phase, e.Action, e.Batch, e.Document, e.Role, e.Organisation = event.PhaseState, "contract.approve", "", "", "contract-manager", client
		digest := sha256.Sum256([]byte(packTerms))
		e.Occurred = at(0)
		private["terms_sha256"] = hex.EncodeToString(digest[:])
	case packExport:
		e.Phase, e.Action, e.Batch, e.Document, e.Role, e.Organisation = event.PhaseGrant, "audit.export", "", "", "compliance-officer", client
		e.Contract, e.Provider, e.Version, e.Site = "", "", 0, "=paris, \"HQ\""
		private["question"] = question
	}
	return withPrivate(t, e, private)
}

// withPrivate is an event as a row, with the erasable data whose salt is the same in
// every run.
func withPrivate(t testing.TB, e event.Event, private map[string]string) verify.Row {
	t.Helper()
	clear, err := json.Marshal(private)
	if err != nil {
		t.Fatal(err)
	}
	opening := event.Opening{Clear: string(clear), Salt: bytes.Repeat([]byte{byte(e.Seq)}, event.SaltBytes)}
	e.Commitment = opening.Commitment()
	row := bare(t, e)
	row.Private = &opening
	return row
}

// pack is an evidence pack before it is written. A test changes what the maker of a pack
// could change.
type pack struct {
	ledger     *ledger
	key        note.Signer
	vkey       string
	checkpoint []byte
	export     int
	rows       []verify.Row
	statements []packFile
	since      []int64
	terms      map[string]string // by contract and version, with a slash between
	withheld   []map[string]any
	proof      func(seq int64) []byte
	edit       func(files []packFile) []packFile // before the manifest is made
}

type packFile struct {
	name string
	data []byte
}

// newPack is the answer to "all events", newest first.
func newPack(t testing.TB) *pack {
	t.Helper()
	l := packLedger(t)
	p := &pack{ledger: l, export: packExport, terms: map[string]string{id("c", 1) + "/1": packTerms}}
	p.key, p.vkey = vectorKey(t)
	p.checkpoint = l.checkpoint(t, packSize, p.key)
	for seq := packSize - 1; seq >= 0; seq-- {
		p.rows = append(p.rows, l.rows[seq])
	}
	p.proof = func(seq int64) []byte { return proofOf(t, l, seq, p.checkpoint) }
	return p
}

func proofOf(t testing.TB, l *ledger, seq int64, checkpoint []byte) []byte {
	t.Helper()
	hashes, err := tlog.ProveRecord(int64(len(l.rows)), seq, l)
	if err != nil {
		t.Fatal(err)
	}
	p := proof.TLogProof{Index: uint64(seq), Checkpoint: checkpoint}
	for _, hash := range hashes {
		p.Hashes = append(p.Hashes, hash)
	}
	return p.Marshal()
}

func packLine(row verify.Row) []byte {
	line := `{"leaf":` + string(row.Leaf)
	if row.Private != nil {
		line += `,"private":` + row.Private.Clear + `,"salt":"` + base64.StdEncoding.EncodeToString(row.Private.Salt) + `"`
	}
	return []byte(line + "}\n")
}

// files are all members, the manifest last.
func (p *pack) files(t testing.TB) []packFile {
	t.Helper()
	files := []packFile{{"HOW-TO-VERIFY.txt", []byte("With bordereau audit verify --pack.\n")}, {"key", []byte(p.vkey + "\n")},
		{"checkpoint", p.checkpoint}, {"question.json", packLine(p.ledger.rows[p.export])}}
	var lines, table bytes.Buffer
	fmt.Fprintln(&table, "ledger,seq,time,occurred,id,phase,action,outcome,reason,actor,organisation,role,auth,contract,version,clause,"+
		"provider,batch,document,class,assignment,subject,site,country,bytes,length,grant,request,node,commitment")
	for _, row := range p.rows {
		lines.Write(packLine(row))
		table.WriteString(packCells(t, row.Leaf))
	}
	files = append(files, packFile{"events.ndjson", lines.Bytes()}, packFile{"events.csv", table.Bytes()})
	files = append(files, p.statements...)
	for name, text := range p.terms {
		files = append(files, packFile{"contracts/" + name, []byte(text)})
	}
	for _, size := range p.since {
		files = append(files, packFile{fmt.Sprintf("consistency/%d", size), p.consistency(t, size)})
	}
	proven := map[int64]bool{}
	for _, row := range append([]verify.Row{p.ledger.rows[p.export]}, p.rows...) {
		if !proven[row.Seq] {
			proven[row.Seq] = true
			files = append(files, packFile{fmt.Sprintf("proofs/%d", row.Seq), p.proof(row.Seq)})
		}
	}
	if p.edit != nil {
		files = p.edit(files)
	}
	return append(files, packFile{"manifest.json", p.manifest(t, files)})
}

// packCells writes an event's line of the table from its leaf alone.
func packCells(t testing.TB, leaf []byte) string {
	t.Helper()
	e, err := event.Parse(leaf)
	if err != nil {
		return "no event\n"
	}
	moment := func(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
	cells := []string{e.Ledger, itoa(int(e.Seq)), moment(e.Time), moment(e.Occurred), e.ID, string(e.Phase), string(e.Action),
		string(e.Outcome), e.Reason, e.Actor, e.Organisation, e.Role, e.Auth, e.Contract, itoa(int(e.Version)), e.Clause, e.Provider,
		e.Batch, e.Document, e.Class, e.Assignment, e.Subject, e.Site, e.Country, itoa(int(e.Bytes)), itoa(int(e.Length)), e.Grant,
		e.Request, e.Node, e.Commitment}
	for i, cell := range cells {
		if cell != "" && bytes.ContainsAny([]byte{cell[0]}, "=+-@") && i != 25 {
			cells[i] = "'" + cell
		}
	}
	var line bytes.Buffer
	w := csv.NewWriter(&line)
	if err := w.Write(cells); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	return line.String()
}

func (p *pack) consistency(t testing.TB, size int64) []byte {
	t.Helper()
	hashes, err := tlog.ProveTree(packSize, size, p.ledger)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("old %d\n", size)
	for _, hash := range hashes {
		text += hash.String() + "\n"
	}
	return append([]byte(text+"\n"), p.checkpoint...)
}

type packMember struct {
	Name   string `json:"name"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

func (p *pack) manifest(t testing.TB, files []packFile) []byte {
	t.Helper()
	withheld := p.withheld
	if withheld == nil {
		withheld = []map[string]any{}
	}
	members := []packMember{}
	for _, f := range files {
		digest := sha256.Sum256(f.data)
		members = append(members, packMember{f.name, len(f.data), hex.EncodeToString(digest[:])})
	}
	text, err := json.MarshalIndent(struct {
		Pack     int              `json:"pack"`
		Ledger   string           `json:"ledger"`
		Size     int              `json:"size"`
		Events   int              `json:"events"`
		Export   string           `json:"export"`
		Withheld []map[string]any `json:"withheld"`
		Members  []packMember     `json:"members"`
	}{1, client, packSize, len(p.rows), id("e", p.export), withheld, members}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// zipped is the pack as it is handed over.
func (p *pack) zipped(t testing.TB) []byte { return zipOf(t, p.files(t)) }

// zipOf stores files in the form that packs have.
func zipOf(t testing.TB, files []packFile) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, CreatorVersion: 20, ReaderVersion: 20, CRC32: crc32.ChecksumIEEE(f.data),
			CompressedSize64: uint64(len(f.data)), UncompressedSize64: uint64(len(f.data))}
		//lint:ignore SA1019 CreateRaw takes the date from here, and does not look at Modified.
		header.ModifiedDate = 1<<5 | 1
		member, err := w.CreateRaw(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := member.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func verifiedPack(t testing.TB, data []byte, against verify.PackEvidence) *verify.PackReport {
	t.Helper()
	report, err := verify.Pack(t.Context(), bytes.NewReader(data), int64(len(data)), against)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// file is the place of a member among files.
func file(t testing.TB, files []packFile, name string) *packFile {
	t.Helper()
	for i := range files {
		if files[i].name == name {
			return &files[i]
		}
	}
	t.Fatalf("no %s", strconv.Quote(name))
	return nil
}
