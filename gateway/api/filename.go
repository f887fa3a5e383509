package api

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxFileName is the longest safe name in bytes. File systems take 255, and a program may
// add an ending of its own.
const maxFileName = 240

// SafeFileName makes a name under which a file can be written on any system, from a file
// name as it was sent. What a file system or a reader could stumble over becomes `_`:
// path separators and the other characters that Windows refuses, control characters, and
// characters that are not seen or that turn the direction of writing. A leading dot would
// hide the file, and a leading hyphen would look like an option. Names of Windows'
// devices get a `_` before them. Blanks and dots at the end go, because Windows drops
// them. The name is in the composed normal form (NFC), at most 240 bytes long, and never
// empty. Other characters of any language stay.
func SafeFileName(name string) string {
	safe := strings.Map(safeRune, norm.NFC.String(strings.ToValidUTF8(name, "_")))
	safe = strings.TrimLeft(strings.TrimRight(safe, ". "), " ")
	if len(safe) > maxFileName {
		safe = shorten(safe, name)
	}
	switch {
	case safe == "":
		return "document"
	case safe[0] == '.':
		return "_" + safe[1:]
	case safe[0] == '-' || isDevice(safe):
		return "_" + safe
	}
	return safe
}

func safeRune(r rune) rune {
	const joiner, nonJoiner = '\u200d', '\u200c' // Persian and emoji need them
	switch {
	case r == joiner || r == nonJoiner:
		return r
	case strings.ContainsRune(`<>:"/\|?*`, r), unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co),
		r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef:
		return '_'
	case unicode.Is(unicode.Zs, r):
		return ' '
	}
	return r
}

// shorten cuts a name before its ending and adds a hash of the whole, so that names that
// differ at their end stay different.
func shorten(safe, whole string) string {
	ending := path.Ext(safe)
	if len(ending) > 16 {
		ending = ""
	}
	ending = "-" + hashOf(whole) + ending
	most := maxFileName - len(ending) - 1 // and one byte for a `_`
	for !utf8.RuneStart(safe[most]) {
		most--
	}
	return strings.TrimRight(safe[:most], ". ") + ending
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:3])
}

// isDevice says whether Windows takes the name for a device: with any ending, in any
// case, and with blanks before the ending.
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	if slices.Contains([]string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"}, stem) {
		return true
	}
	for _, port := range []string{"COM", "LPT"} {
		if n, ok := strings.CutPrefix(stem, port); ok && utf8.RuneCountInString(n) == 1 && strings.Contains("0123456789¹²³", n) {
			return true
		}
	}
	return false
}

// plainFileName makes a safe name in ASCII: letters lose their marks, and what has no
// letter in ASCII becomes `_`. A name that lost characters gets a short hash of the
// whole, so that `請求書.pdf` and `領収書.pdf` do not become one file.
func plainFileName(name string) string {
	var b strings.Builder
	lost := false
	for _, r := range norm.NFKD.String(SafeFileName(name)) {
		switch {
		case r == '%' || r > unicode.MaxASCII && !unicode.Is(unicode.Mn, r) && spelled[r] == "":
			lost = true
			if !strings.HasSuffix(b.String(), "_") {
				b.WriteByte('_')
			}
		case unicode.Is(unicode.Mn, r):
		case r > unicode.MaxASCII:
			b.WriteString(spelled[r])
		default:
			b.WriteRune(r)
		}
	}
	plain := SafeFileName(b.String())
	if lost {
		ending := path.Ext(plain)
		plain = SafeFileName(strings.TrimSuffix(plain, ending) + "-" + hashOf(name) + ending)
	}
	return plain
}

// spelled are letters and signs that have no parts in ASCII, as people write them there.
var spelled = map[rune]string{
	'ß': "ss", 'ẞ': "SS", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'ø': "o", 'Ø': "O", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D",
	'ð': "d", 'Ð': "D", 'þ': "th", 'Þ': "Th", 'ħ': "h", 'Ħ': "H", 'ı': "i", 'ŋ': "n", 'Ŋ': "N", '‐': "-", '‑': "-", '–': "-", '—': "-",
	'’': "'", '‘': "'", '“': "'", '”': "'", '«': "'", '»': "'", '°': "o", '€': "EUR", '£': "GBP", '·': ".", '\u2044': "_", '\u200c': "", '\u200d': "",
}
