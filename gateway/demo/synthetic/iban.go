package synthetic

import "fmt"

// noBank is a French bank code that no bank has.
const noBank = "00000"

// frenchIBAN gives an IBAN with right check digits (ISO 7064 MOD 97-10) of a bank that
// does not exist.
func frenchIBAN(s *source) string {
	account := noBank + s.digits(5) + s.digits(11)
	return withCheckDigits("FR", account+ribKey(account))
}

// germanIBAN does the same for Germany, where no bank code begins with 0.
func germanIBAN(s *source) string { return withCheckDigits("DE", "00000000"+s.digits(10)) }

// ribKey is the French account's own key: 97 less the remainder of the account with two
// places to spare.
func ribKey(account string) string { return fmt.Sprintf("%02d", 97-mod97(account+"00")) }

func withCheckDigits(country, account string) string {
	return country + fmt.Sprintf("%02d", 98-mod97(account+lettersAsDigits(country)+"00")) + account
}

// lettersAsDigits writes A as 10 to Z as 35.
func lettersAsDigits(country string) string {
	var digits string
	for _, c := range country {
		digits += fmt.Sprint(c - 'A' + 10)
	}
	return digits
}

func mod97(digits string) int {
	rest := 0
	for _, c := range digits {
		rest = (rest*10 + int(c-'0')) % 97
	}
	return rest
}

// grouped puts a space after every four characters, as an IBAN is written by hand.
func grouped(iban string) string {
	var out []byte
	for i := range len(iban) {
		if i > 0 && i%4 == 0 {
			out = append(out, ' ')
		}
		out = append(out, iban[i])
	}
	return string(out)
}
