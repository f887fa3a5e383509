package synthetic

import (
	"fmt"
	"strings"
)

// cents is an amount of euros.
type cents int64

// decimal is the form of files: 1234.56.
func (c cents) decimal() string { return fmt.Sprintf("%d.%02d", c/100, c%100) }

// written is the form of French paper: 1 234,56.
func (c cents) written() string {
	whole := fmt.Sprint(int64(c / 100))
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + " " + whole[i:]
	}
	return fmt.Sprintf("%s,%02d", whole, c%100)
}

// words is the form of French cheques, for amounts below 10,000 euros.
func (c cents) words() string {
	euros, rest := int(c/100), int(c%100)
	text := counted(euros, "euro")
	if rest > 0 {
		text += " et " + counted(rest, "centime")
	}
	return text
}

// counted puts a number before a word. In French only one, and nothing, is singular.
func counted(n int, word string) string {
	if n > 1 {
		word += "s"
	}
	return numberInFrench(n) + " " + word
}

var (
	frenchUnits = []string{
		"zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
		"treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
	}
	frenchTens = []string{"", "", "vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"}
)

// numberInFrench spells 0 to 9999. Seventies and nineties count on from sixty and eighty.
func numberInFrench(n int) string {
	switch {
	case n < 20:
		return frenchUnits[n]
	case n < 100:
		return tensInFrench(n)
	case n < 1000:
		return manyInFrench(n/100, "cent", n%100)
	default:
		return manyInFrench(n/1000, "mille", n%1000)
	}
}

func tensInFrench(n int) string {
	ten, unit := n/10, n%10
	if ten == 7 || ten == 9 {
		unit += 10
	}
	switch {
	case unit == 0 && ten == 8:
		return "quatre-vingts"
	case unit == 0:
		return frenchTens[ten]
	case (unit == 1 || unit == 11) && ten < 8:
		return frenchTens[ten] + " et " + frenchUnits[unit]
	default:
		return frenchTens[ten] + "-" + frenchUnits[unit]
	}
}

func manyInFrench(count int, word string, rest int) string {
	text := word
	if count > 1 {
		text = numberInFrench(count) + " " + word
	}
	if rest == 0 {
		if count > 1 && word == "cent" {
			return text + "s"
		}
		return text
	}
	return strings.Join([]string{text, numberInFrench(rest)}, " ")
}
