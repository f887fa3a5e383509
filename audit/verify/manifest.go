package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bordereau/bordereau/audit/event"
)

const (
	packVersion  = 1
	manifestName = "manifest.json"
	maxManifest  = 8 << 20
)

// manifest lists the members of a pack. It has one form: the output of encoding/json with
// an indent of one space.
type manifest struct {
	Pack     int64        `json:"pack"` // version of the format
	Ledger   string       `json:"ledger"`
	Size     int64        `json:"size"`   // events that the checkpoint covers
	Events   int64        `json:"events"` // rows
	Export   string       `json:"export"` // id of the export's own event
	Withheld []Withheld   `json:"withheld"`
	Members  []listedFile `json:"members"` // all others, in the order of the archive
}

// Withheld is a contract version that rows name and that the asker may not read, or that
// is not there.
type Withheld struct {
	Contract string `json:"contract"`
	Version  int64  `json:"version"`
	Why      string `json:"why"`
}

type listedFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// readManifest reads the list and compares the archive with it: the members are exactly
// those listed, in their order, with their sizes and digests.
func readManifest(a *archive) (*manifest, error) {
	text, err := a.read(manifestName, maxManifest)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", manifestName, err)
	}
	m := &manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, errors.New("manifest.json is no JSON of its form")
	}
	if m.Pack != packVersion {
		return nil, fmt.Errorf("the pack is of version %d, and this verifier knows version %d", m.Pack, packVersion)
	}
	if again, err := json.MarshalIndent(m, "", " "); err != nil || !bytes.Equal(append(again, '\n'), text) {
		return nil, errors.New("manifest.json is not in its one form")
	}
	for _, w := range m.Withheld {
		if checkName(contractVersion{w.Contract, w.Version}.member()) != nil || w.Why != "not-readable" && w.Why != "not-approved" {
			return nil, errors.New("manifest.json withholds something that is no contract version, or for an unknown reason")
		}
	}
	return m, nil
}

// checkMembers compares the archive with the list, and reads all of it once.
func (p *packVerification) checkMembers() {
	listed := make(map[string]bool, len(p.manifest.Members))
	for i, l := range p.manifest.Members {
		listed[l.Name] = true
		m := p.archive.byName[l.Name]
		switch {
		case m == nil:
			p.v.report.problem(KindManifest, NoSeq, "member %q is missing", l.Name)
			continue
		case i >= len(p.archive.members) || p.archive.members[i].name != l.Name:
			p.v.report.problem(KindManifest, NoSeq, "member %q is not in its place", l.Name)
		}
		if err := p.checkMember(m, l); err != nil {
			p.v.report.problem(KindManifest, NoSeq, "member %q: %v", l.Name, err)
		}
	}
	for _, m := range p.archive.members {
		if !listed[m.name] && m.name != manifestName {
			p.v.report.problem(KindManifest, NoSeq, "member %q is not one that manifest.json lists", m.name)
		}
	}
}

func (p *packVerification) checkMember(m *member, l listedFile) error {
	if m.size != l.Size {
		return fmt.Errorf("it has %d bytes, and manifest.json says %d", m.size, l.Size)
	}
	digest, sum := sha256.New(), crc32.NewIEEE()
	if _, err := io.Copy(io.MultiWriter(digest, sum), p.archive.reader(m)); err != nil {
		return fmt.Errorf("reading it: %w", err)
	}
	if sum.Sum32() != m.crc {
		return errWrongCRC
	}
	if hexOf(digest) != l.SHA256 {
		return errors.New("its SHA-256 is another than manifest.json says")
	}
	return nil
}

func hexOf(digest hash.Hash) string { return hex.EncodeToString(digest.Sum(nil)) }

// contractVersion is a version of a contract's terms.
type contractVersion struct {
	contract string
	version  int64
}

const contractFolder = "contracts/"

func (c contractVersion) member() string {
	return contractFolder + c.contract + "/" + strconv.FormatInt(c.version, 10)
}

func (c contractVersion) String() string {
	return fmt.Sprintf("version %d of contract %s", c.version, c.contract)
}

// terms compares the contract versions in the pack with those that the rows name, and
// with the digests that the rows hold.
func (p *packVerification) terms() {
	for _, w := range p.manifest.Withheld {
		c := contractVersion{w.Contract, w.Version}
		if _, named := p.named[c.member()]; !named || p.archive.byName[c.member()] != nil {
			p.v.report.problem(KindTerms, NoSeq, "%s is listed as withheld, and no row names it, or it is there", c)
		}
		p.v.report.notChecked("%s is not in the pack: %s", c, w.Why)
		delete(p.named, c.member())
	}
	for _, name := range slices.Sorted(maps.Keys(p.named)) {
		c, m := p.named[name], p.archive.byName[name]
		if m == nil {
			p.v.report.problem(KindTerms, NoSeq, "%s is missing, and rows name it", c)
			continue
		}
		p.contracts++
		p.termsDigest(c, m)
	}
	for _, m := range p.archive.members {
		if _, named := p.named[m.name]; !named && strings.HasPrefix(m.name, contractFolder) {
			p.v.report.problem(KindTerms, NoSeq, "%q is no contract version that a row names", m.name)
		}
	}
}

// approval is the record of an approved version.
type approval struct {
	seq    int64
	digest string
}

// noteTerms notes the contract version that an event names. The erasable data of an
// approval has the SHA-256 of the terms, as "terms_sha256".
func (p *packVerification) noteTerms(e event.Event, private map[string]string) {
	if e.Contract == "" || e.Version == 0 {
		return
	}
	c := contractVersion{e.Contract, e.Version}
	p.named[c.member()] = c
	if digest := private["terms_sha256"]; digest != "" && e.Action == "contract.approve" && e.Outcome == event.OutcomeAllow {
		p.approved[c] = approval{e.Seq, digest}
	}
}

func (p *packVerification) termsDigest(c contractVersion, m *member) {
	approved, ok := p.approved[c]
	if !ok {
		p.v.report.notChecked("%s: no event in the pack holds the digest of its terms", c)
		return
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, p.archive.reader(m)); err != nil || hexOf(digest) != approved.digest {
		p.v.report.problem(KindTerms, approved.seq, "%s is not the text whose digest the event of its approval holds", c)
	}
}
