package synthetic

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"time"
)

// table encodes rows of equal length as CSV (RFC 4180). Header and trailer are rows like
// the others, told apart by their first column, so that any reader of CSV takes the file.
func table(rows [][]string) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	if err := w.WriteAll(rows); err != nil {
		panic(err) // writing to memory
	}
	return out.Bytes()
}

// claimsBordereau lists the claims of the month: a header with sender and time, the
// columns' names, a row for each claim, a trailer with their count and sum.
func claimsBordereau(claims []claim) (text []byte, sum cents) {
	rows := [][]string{
		{"HEADER", "Assurances Démo", "sinistres automobile", "2026-03", "EUR", ""},
		{"TYPE", "CLAIM", "POLICY", "DATE", "INSURED", "AMOUNT"},
	}
	for _, c := range claims {
		sum += c.total()
		rows = append(rows, []string{"ROW", c.number, c.policy, c.when.Format(time.DateOnly), c.insured.name(), c.total().decimal()})
	}
	rows = append(rows, []string{"TRAILER", strconv.Itoa(len(claims)), "", "", "", sum.decimal()})
	return table(rows), sum
}

// loyaltyMovements lists a month of points, with each member's balance after every
// movement.
func loyaltyMovements(s *source, programme string, members, movements int) (text []byte, sum int64) {
	balance := make([]int64, members)
	for i := range balance {
		balance[i] = int64(s.between(200, 9000))
	}
	names := make([]string, members)
	for i := range names {
		names[i] = newPerson(s).name()
	}
	rows := [][]string{
		{"HEADER", programme, "2026-03", "", "", "", ""},
		{"TYPE", "DATE", "MEMBER", "NAME", "MOVEMENT", "POINTS", "BALANCE"},
	}
	for n := range movements {
		m := s.between(0, members-1)
		kind, points := movement(s, balance[m])
		balance[m] += points
		sum += points
		rows = append(rows, []string{
			"ROW", dayIn2026(time.March, 1+n*31/movements).Format(time.DateOnly), fmt.Sprintf("FID-%06d", 700100+m), names[m],
			kind, strconv.FormatInt(points, 10), strconv.FormatInt(balance[m], 10),
		})
	}
	rows = append(rows, []string{"TRAILER", strconv.Itoa(movements), "", "", "", strconv.FormatInt(sum, 10), ""})
	return table(rows), sum
}

// movement earns points, or spends no more than there are.
func movement(s *source, balance int64) (kind string, points int64) {
	spent := int64(s.between(1, 8)) * 250
	switch {
	case s.oneIn(9) && spent <= balance:
		return pick(s, []string{"bon d'achat", "cadeau", "don à une association"}), -spent
	case s.oneIn(8):
		return "correction", int64(s.between(-40, 120))
	default:
		return pick(s, []string{"achat magasin", "achat en ligne", "parrainage", "bonus anniversaire"}), int64(s.between(5, 600))
	}
}
