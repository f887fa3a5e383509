package synthetic

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// control is the file that travels with cheque images. Its nesting (file, cash letter,
// bundle, item, each level with its own count and sum) is the trade's. The format is this
// package's own.
type control struct {
	File        string       `json:"file"`
	Created     string       `json:"created"`
	CashLetters []cashLetter `json:"cash_letters"`
	Items       int          `json:"items"`
	AmountCents cents        `json:"amount_cents"`
}

type cashLetter struct {
	Number      int      `json:"number"`
	Bundles     []bundle `json:"bundles"`
	Items       int      `json:"items"`
	AmountCents cents    `json:"amount_cents"`
}

type bundle struct {
	Number      int           `json:"number"`
	Cheques     []controlItem `json:"cheques"`
	Items       int           `json:"items"`
	AmountCents cents         `json:"amount_cents"`
}

type controlItem struct {
	Sequence    int          `json:"sequence"`
	CodeLine    string       `json:"code_line"`
	AmountCents cents        `json:"amount_cents"`
	Front       controlImage `json:"front"`
	Back        controlImage `json:"back"`
}

type controlImage struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// chequesInBundle is how many cheques the demo's centre puts together.
const chequesInBundle = 4

func (g generator) cheques() Batch {
	b := Batch{Reference: "REMISE-2026-03-31", Totals: map[string]int64{}}
	letter := cashLetter{Number: 1}
	for n := range 8 * g.scale {
		c := newCheque(g.seed, n)
		front := newDocument(fmt.Sprintf("Chèque %s recto.tiff", c.number), "cheque-image", mediaTIFF, c.front(g.seed, n, g.faces))
		back := newDocument(fmt.Sprintf("Chèque %s verso.tiff", c.number), "cheque-image", mediaTIFF, c.back(g.seed, n, g.faces))
		b.Documents = append(b.Documents, front, back)
		letter.add(controlItem{n + 1, c.line, c.amount, imageOf(front), imageOf(back)})
	}
	file := control{
		File: b.Reference, Created: "2026-03-31", CashLetters: []cashLetter{letter},
		Items: letter.Items, AmountCents: letter.AmountCents,
	}
	b.Documents = append(b.Documents, newDocument("Fichier de contrôle – remise du 31 mars.json", "control-file", mediaJSON, file.encode()))
	b.Totals["items"], b.Totals["amount_cents"] = int64(file.Items), int64(file.AmountCents)
	return b
}

func (l *cashLetter) add(item controlItem) {
	if l.Items%chequesInBundle == 0 {
		l.Bundles = append(l.Bundles, bundle{Number: len(l.Bundles) + 1})
	}
	last := &l.Bundles[len(l.Bundles)-1]
	last.Cheques = append(last.Cheques, item)
	last.Items++
	last.AmountCents += item.AmountCents
	l.Items++
	l.AmountCents += item.AmountCents
}

func imageOf(d Document) controlImage {
	sum := sha256.Sum256(d.Bytes)
	return controlImage{d.FileName, len(d.Bytes), hex.EncodeToString(sum[:])}
}

func (c control) encode() []byte {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		panic(err) // strings and whole numbers only
	}
	return append(text, '\n')
}
