package api_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/bordereau/bordereau/gateway/api"
)

func TestSafeFileName(t *testing.T) {
	for name, want := range map[string]string{
		"Déclaration d'accident n° 1.pdf": "Déclaration d'accident n° 1.pdf",
		"e\u0301te\u0301.txt":             "été.txt", // a Mac's form, and the usual one
		"été.txt":                         "été.txt",
		"請求書 3月.pdf":                      "請求書 3月.pdf",
		"بلاغ حادث 1.pdf":                 "بلاغ حادث 1.pdf",
		"می\u200cخواهم.pdf":               "می\u200cخواهم.pdf",
		`C:\scans\2026\a.pdf`:             "C__scans_2026_a.pdf",
		"../../etc/passwd":                "_._.._etc_passwd",
		"a\u202efdp.exe":                  "a_fdp.exe",
		"a\u2066b\u2069.pdf":              "a_b_.pdf",
		"\ufeffa.pdf":                     "_a.pdf",
		"a\nb.pdf":                        "a_b.pdf",
		"CON":                             "_CON",
		"con.pdf":                         "_con.pdf",
		"Aux .txt":                        "_Aux .txt",
		"COM1.tar.gz":                     "_COM1.tar.gz",
		"LPT¹":                            "_LPT¹",
		"COM":                             "COM",
		"COM10.pdf":                       "COM10.pdf",
		"console.pdf":                     "console.pdf",
		".htaccess":                       "_htaccess",
		"..":                              "document",
		"":                                "document",
		"   ":                             "document",
		"a.pdf. . ":                       "a.pdf",
		"  a.pdf":                         "a.pdf",
		"-rf":                             "_-rf",
		`a<b>c:"d"|e?f*.pdf`:              "a_b_c__d__e_f_.pdf",
		"a\u00a0b.pdf":                    "a b.pdf",
		"\xff.pdf":                        "_.pdf",
	} {
		if got := api.SafeFileName(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
	long := strings.Repeat("é", 300)
	one, two := api.SafeFileName(long+"1.pdf"), api.SafeFileName(long+"2.pdf")
	if one == two || len(one) > 240 || !strings.HasSuffix(one, ".pdf") {
		t.Errorf("%q and %q", one, two)
	}
}

// curl -OJ reads `filename` alone.
func TestFormatAttachment(t *testing.T) {
	for name, want := range map[string]string{
		"":                 "attachment",
		"claim.pdf":        `attachment; filename="claim.pdf"; filename*=UTF-8''claim.pdf`,
		"Éléonore.pdf":     `attachment; filename="Eleonore.pdf"; filename*=UTF-8''%C3%89l%C3%A9onore.pdf`,
		"Œuf – n° 1.pdf":   `attachment; filename="OEuf - no 1.pdf"; filename*=UTF-8''%C5%92uf%20%E2%80%93%20n%C2%B0%201.pdf`,
		"Straße.pdf":       `attachment; filename="Strasse.pdf"; filename*=UTF-8''Stra%C3%9Fe.pdf`,
		`C:\a "b" 50%.txt`: `attachment; filename="C__a _b_ 50_-3ecdaa.txt"; filename*=UTF-8''C__a%20_b_%2050%25.txt`,
		"a\u202eb.pdf":     `attachment; filename="a_b.pdf"; filename*=UTF-8''a_b.pdf`,
		"nul":              `attachment; filename="_nul"; filename*=UTF-8''_nul`,
	} {
		if got := api.FormatAttachment(name); got != want {
			t.Errorf("%q: got %s", name, got)
		}
	}
	seen := map[string]string{}
	for _, name := range []string{"請求書.pdf", "領収書.pdf", "請求書 2.pdf", "بلاغ.pdf", "Δήλωση.pdf", "📄.pdf", "📎.pdf"} {
		plain, _, _ := strings.Cut(api.FormatAttachment(name), "; filename*")
		if other := seen[plain]; other != "" || !strings.HasSuffix(plain, `.pdf"`) {
			t.Errorf("%s and %s are both %s", name, other, plain)
		}
		seen[plain] = name
	}
}

// FuzzSafeFileName asserts that the result is a name under which a file can be written on
// any system, that it stays the same when made safe again, and that an answer with it can
// be read.
func FuzzSafeFileName(f *testing.F) {
	for _, name := range []string{"", "a.pdf", "Éléonore.pdf", "e\u0301.txt", "CON", "a\u202eb", "..", `C:\a`, strings.Repeat("é", 200), "½℀.pdf", "-a. ."} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		safe := api.SafeFileName(name)
		if safe == "" || len(safe) > 255 || !utf8.ValidString(safe) || strings.ContainsAny(safe, `<>:"/\|?*`) ||
			strings.ContainsFunc(safe, unicode.IsControl) || safe[0] == '.' || safe[0] == '-' || strings.TrimSpace(safe) != safe || strings.HasSuffix(safe, ".") {
			t.Fatalf("%q became %q", name, safe)
		}
		if again := api.SafeFileName(safe); again != safe {
			t.Fatalf("%q became %q, and that %q", name, safe, again)
		}
		header := api.FormatAttachment(name)
		if got, err := api.ParseDisposition(header); name != "" && (err != nil || got != safe) {
			t.Fatalf("%s is read as %q, %v", header, got, err)
		}
		plain, _, _ := strings.Cut(strings.TrimPrefix(header, "attachment; filename="), "; filename*")
		if name != "" && (len(plain) < 3 || strings.ContainsAny(plain[1:len(plain)-1], `"\%`) || strings.ContainsFunc(plain, func(r rune) bool { return r > unicode.MaxASCII })) {
			t.Fatalf("%s", header)
		}
	})
}
