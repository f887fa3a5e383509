package synthetic_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/demo/synthetic"
)

type controlFile struct {
	Items       int   `json:"items"`
	AmountCents int64 `json:"amount_cents"`
	CashLetters []struct {
		Items       int   `json:"items"`
		AmountCents int64 `json:"amount_cents"`
		Bundles     []struct {
			Items       int   `json:"items"`
			AmountCents int64 `json:"amount_cents"`
			Cheques     []struct {
				CodeLine    string       `json:"code_line"`
				AmountCents int64        `json:"amount_cents"`
				Front       controlImage `json:"front"`
				Back        controlImage `json:"back"`
			} `json:"cheques"`
		} `json:"bundles"`
	} `json:"cash_letters"`
}

type controlImage struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func TestChequeControlFileBalancesAtEveryLevel(t *testing.T) {
	batch := smallest().Cheques
	images := map[string]controlImage{}
	for _, d := range batch.Documents[:len(batch.Documents)-1] {
		sum := sha256.Sum256(d.Bytes)
		images[d.FileName] = controlImage{d.FileName, len(d.Bytes), hex.EncodeToString(sum[:])}
	}
	var file controlFile
	if err := json.Unmarshal(batch.Documents[len(batch.Documents)-1].Bytes, &file); err != nil {
		t.Fatal(err)
	}
	var items int
	var amount int64
	for _, letter := range file.CashLetters {
		var inLetter int64
		for _, b := range letter.Bundles {
			var inBundle int64
			for _, c := range b.Cheques {
				inBundle += c.AmountCents
				if !strings.HasPrefix(strings.Fields(c.CodeLine)[1], "00000") {
					t.Errorf("code line %q has a bank code that may exist", c.CodeLine)
				}
				for _, image := range []controlImage{c.Front, c.Back} {
					if diff := cmp.Diff(images[image.Name], image); diff != "" {
						t.Error(diff)
					}
					delete(images, image.Name)
				}
			}
			if inBundle != b.AmountCents || len(b.Cheques) != b.Items {
				t.Errorf("bundle says %d and %d, has %d and %d", b.Items, b.AmountCents, len(b.Cheques), inBundle)
			}
			items += b.Items
			inLetter += inBundle
		}
		if inLetter != letter.AmountCents {
			t.Errorf("cash letter says %d, has %d", letter.AmountCents, inLetter)
		}
		amount += inLetter
	}
	if len(images) > 0 {
		t.Errorf("images without an item: %v", images)
	}
	if file.Items != items || file.AmountCents != amount || items != 8 {
		t.Errorf("file says %d and %d, has %d and %d", file.Items, file.AmountCents, items, amount)
	}
	if want := map[string]int64{"items": int64(items), "amount_cents": amount}; !cmp.Equal(batch.Totals, want) {
		t.Error(cmp.Diff(want, batch.Totals))
	}
}

func TestBatchTotalsAreThoseOfTheFiles(t *testing.T) {
	set := smallest()
	if got, want := set.Motor.Totals["amount_cents"], trailers(t, set.Motor); got != want {
		t.Errorf("motor claims: total %d, trailer %d", got, want)
	}
	if got, want := set.Loyalty.Totals["points"], trailers(t, set.Loyalty); got != want {
		t.Errorf("points: total %d, trailers %d", got, want)
	}
	var lines int64
	for _, d := range set.Logs.Documents {
		lines += int64(bytes.Count(d.Bytes, []byte("\n")))
		if d.MediaType == "application/gzip" {
			lines += 400
			lines -= int64(bytes.Count(d.Bytes, []byte("\n")))
		}
	}
	if set.Logs.Totals["lines"] != lines {
		t.Errorf("lines: total %d, files %d", set.Logs.Totals["lines"], lines)
	}
}

// trailers adds the sums in the trailers of a batch's CSV files.
func trailers(t *testing.T, b synthetic.Batch) int64 {
	t.Helper()
	var sum int64
	for _, d := range b.Documents {
		if d.MediaType != "text/csv" || d.Class == "correspondence" {
			continue
		}
		rows, err := csv.NewReader(bytes.NewReader(d.Bytes)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		sum += number(t, rows[len(rows)-1][5])
	}
	return sum
}

var figures = regexp.MustCompile(`/F3 10\.5 Tf .* \(([0-9 ,]+)\) Tj`)

func TestInvoiceTotalsAddUp(t *testing.T) {
	checked := 0
	for _, d := range ofType(t, "application/pdf") {
		if d.Class != "invoice" {
			continue
		}
		checked++
		var amounts []int64
		for _, m := range figures.FindAllSubmatch(d.Bytes, -1) {
			amounts = append(amounts, number(t, strings.NewReplacer(" ", "", ",", "").Replace(string(m[1]))))
		}
		if len(amounts) != 3 || amounts[0]+amounts[1] != amounts[2] || amounts[1] != (amounts[0]*20+50)/100 {
			t.Errorf("%s: net, tax and gross are %v", d.FileName, amounts)
		}
	}
	if checked == 0 {
		t.Error("no invoice")
	}
}

var iban = regexp.MustCompile(`(FR|DE)[0-9]{2}(?: [0-9]{4}){3,5}(?: [0-9]{1,3})?`)

func TestIBANsAreValidAndOfNoBank(t *testing.T) {
	found := 0
	for _, d := range ofType(t, "application/pdf") {
		for _, written := range iban.FindAllString(string(d.Bytes), -1) {
			found++
			number := strings.ReplaceAll(written, " ", "")
			if !strings.HasPrefix(number[4:], "00000") {
				t.Errorf("%s: bank code of %s may exist", d.FileName, number)
			}
			digits := number[4:] + strings.NewReplacer("F", "15", "R", "27", "D", "13", "E", "14").Replace(number[:4])
			n, _ := new(big.Int).SetString(digits, 10)
			if n.Mod(n, big.NewInt(97)).Int64() != 1 {
				t.Errorf("%s: check digits of %s are wrong", d.FileName, number)
			}
		}
	}
	if found == 0 {
		t.Error("no IBAN in any PDF")
	}
}
