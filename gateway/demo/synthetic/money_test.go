package synthetic

import "testing"

func TestAmountsInWords(t *testing.T) {
	for amount, want := range map[cents]string{
		100:    "un euro",
		2100:   "vingt et un euros",
		7100:   "soixante et onze euros",
		8000:   "quatre-vingts euros",
		8100:   "quatre-vingt-un euros",
		9105:   "quatre-vingt-onze euros et cinq centimes",
		20000:  "deux cents euros",
		20300:  "deux cent trois euros",
		100000: "mille euros",
		357160: "trois mille cinq cent soixante et onze euros et soixante centimes",
	} {
		if got := amount.words(); got != want {
			t.Errorf("%d: %q, want %q", amount, got, want)
		}
	}
}

func TestAmountsWritten(t *testing.T) {
	for amount, want := range map[cents]string{5: "0,05", 123456: "1 234,56", 123456789: "1 234 567,89"} {
		if got := amount.written(); got != want {
			t.Errorf("%d: %q, want %q", amount, got, want)
		}
	}
}

func TestFrenchIBANKnownAnswer(t *testing.T) {
	// The account that every explanation of the RIB key shows: 20041 01005 0500013M026
	// 06, its M counted as 4.
	if got := ribKey("200410100505000134026"); got != "06" {
		t.Errorf("key %s, want 06", got)
	}
	if got := withCheckDigits("DE", "370400440532013000"); got != "DE89370400440532013000" {
		t.Errorf("got %s", got)
	}
}
