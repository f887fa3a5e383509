package api_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/bordereau/bordereau/gateway/api"
)

func TestParseDisposition(t *testing.T) {
	for header, want := range map[string]string{
		`attachment`:                                                        "",
		`attachment; filename=claim.pdf`:                                    "claim.pdf",
		`attachment; filename="constat amiable.pdf"`:                        "constat amiable.pdf",
		`attachment; filename="a\"b\\c.pdf"`:                                `a"b\c.pdf`,
		`attachment; filename="déclaration.pdf"`:                            "déclaration.pdf",
		`ATTACHMENT ; FileName = "x.pdf"`:                                   "x.pdf",
		`attachment; filename*=UTF-8''d%C3%A9claration%20n%C2%B0%201.pdf`:   "déclaration n° 1.pdf",
		`attachment; filename*=utf-8'fr'%D8%AA%D8%B5%D8%B1%D9%8A%D8%AD.pdf`: "تصريح.pdf",
		`attachment; filename="plain.pdf"; filename*=UTF-8''exact.pdf`:      "exact.pdf",
		`attachment; filename*=UTF-8''exact.pdf; filename="plain.pdf"`:      "exact.pdf",
		`attachment; filename*=UTF-8''e%CC%81t%C3%A9.txt`:                   "e\u0301té.txt", // no normal form is chosen
		`attachment; filename="50%25 off.pdf"`:                              "50%25 off.pdf", // not encoded, so not decoded
		`attachment; size=12; filename=a`:                                   "a",
		`attachment; filename=a.pdf;`:                                       "a.pdf",
		`attachment; filename="a.pdf" ; ;`:                                  "a.pdf",
		`attachment;; filename=a.pdf`:                                       "a.pdf",
		`attachment;`:                                                       "",
		`attachment; filename="C:\scans\2026\a.pdf"`:                        `C:\scans\2026\a.pdf`,
		`attachment; filename="\\server\share\a.pdf"`:                       `\server\share\a.pdf`,
		`form-data; name="f"; filename="C:\\dossiers\\sinistre.tif"`:        `C:\dossiers\sinistre.tif`,
	} {
		got, err := api.ParseDisposition(header)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", header, got, err, want)
		}
	}
}

func TestParseDispositionRefuses(t *testing.T) {
	for name, header := range map[string]string{
		"nothing":               ``,
		"no type":               `; filename=a`,
		"no semicolon":          `attachment filename=a`,
		"no value":              `attachment; filename=`,
		"no name":               `attachment; =a`,
		"unquoted space":        `attachment; filename=a b`,
		"no closing quote":      `attachment; filename="a`,
		"escaped closing quote": `attachment; filename="a\"`,
		"twice":                 `attachment; filename=a; filename=b`,
		"twice, other case":     `attachment; filename=a; FILENAME=b`,
		"another charset":       `attachment; filename*=iso-8859-1''a`,
		"no charset":            `attachment; filename*=a.pdf`,
		"bad escape":            `attachment; filename*=UTF-8''a%2`,
		"bad hexadecimal":       `attachment; filename*=UTF-8''a%zz`,
		"not UTF-8":             `attachment; filename*=UTF-8''%E9.pdf`,
		"not UTF-8, plain":      "attachment; filename=\"\xe9.pdf\"",
		"unescaped":             `attachment; filename*=UTF-8''a"b`,
		"line break":            `attachment; filename*=UTF-8''a%0D%0Ab`,
		"NUL":                   `attachment; filename*=UTF-8''a%00b`,
		"bad though plain good": `attachment; filename=a.pdf; filename*=UTF-8''%E9.pdf`,
	} {
		if got, err := api.ParseDisposition(header); err == nil {
			t.Errorf("%s: taken as %q", name, got)
		}
	}
}

// FuzzParseDisposition asserts that every parsed name can be formatted and parsed back,
// for any header.
func FuzzParseDisposition(f *testing.F) {
	f.Add(`attachment; filename*=UTF-8''d%C3%A9claration.pdf`)
	f.Add(`attachment; filename="a\"b.pdf"; filename*=UTF-8''x`)
	f.Add(`a;b=c;d="`)
	f.Fuzz(func(t *testing.T, header string) {
		name, err := api.ParseDisposition(header)
		if err != nil {
			return
		}
		if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			t.Fatalf("taken: %q", name)
		}
		wantRoundTrip(t, name)
	})
}

// FuzzFormatDisposition asserts that every file name comes back unchanged, and that the
// result is a header field.
func FuzzFormatDisposition(f *testing.F) {
	for _, name := range []string{"claim.pdf", "déclaration n° 1 (copie).pdf", "تصريح.pdf", `"quoted" \ 100%.pdf`, "📄.pdf", "'", "a;b=c"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			return
		}
		wantRoundTrip(t, name)
	})
}

func wantRoundTrip(t *testing.T, name string) {
	t.Helper()
	header := api.FormatDisposition(name)
	for i := range len(header) {
		if header[i] < ' ' || header[i] > '~' {
			t.Fatalf("%q is not plain ASCII", header)
		}
	}
	if again, err := api.ParseDisposition(header); err != nil || again != name {
		t.Fatalf("%q came back as %q, %v", name, again, err)
	}
}
