package mediatype_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/bordereau/bordereau/gateway/mediatype"
	"github.com/bordereau/bordereau/policy"
)

const (
	docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

	nothing = "\x84\x00\x11\x05\x19\x00\x10\x16" // bytes of no form that is known
	ole     = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00\x00\x00\x00\x00\x00\x00"
	zip     = "PK\x03\x04\x14\x00\x06\x00\x08\x00"
	pe      = "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"
	elf     = "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00"
	bigTIFF = "II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"
	m4a     = "\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00isomiso2"
)

// entry is a ZIP file that begins with an entry of the name.
func entry(name string) string {
	return "PK\x03\x04\x14\x00\x08\x08\x08\x00" + strings.Repeat("\x00", 16) + string([]byte{byte(len(name)), 0, 0, 0}) + name
}

// wide is text in UTF-16 with its mark.
func wide(order binary.AppendByteOrder, s string) string {
	b := order.AppendUint16(nil, 0xfeff)
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// wider is text in UTF-32 with its mark.
func wider(order binary.AppendByteOrder, s string) string {
	b := order.AppendUint32(nil, 0xfeff)
	for _, r := range s {
		b = order.AppendUint32(b, uint32(r))
	}
	return string(b)
}

func TestFits(t *testing.T) {
	mail := "From: a@example.com\r\nTo: b@example.com\r\nSubject: Sinistre\r\n\r\nBonjour\r\n"
	for _, c := range []struct {
		name, declared, bytes string
		want                  bool
	}{
		{"Word of 97", "application/msword", ole, true},
		{"Excel of 97", "application/vnd.ms-excel", ole, true},
		{"PowerPoint of 97", "application/vnd.ms-powerpoint", ole, true},
		{"an Outlook message", "application/vnd.ms-outlook", ole, true},
		{"Word of 2.0, which shows nothing", "application/msword", "\xdb\xa5\x2d\x00\x00\x00\x09\x04\x00\x00", true},
		{"rich text under Word's name", "application/msword", `{\rtf1\ansi Bonjour}`, true},
		{"Excel of 2003 in XML", "application/vnd.ms-excel", `<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>`, true},
		{"a table as HTML under Excel's name", "application/vnd.ms-excel", "<html><table><tr><td>1</td></tr></table></html>", false},
		{"Word as PDF", "application/pdf", ole, false},
		{"Word as text", "text/plain", ole, false},
		{"Word as a new Word", docx, ole, false},
		{"a new Word", docx, zip, true},
		{"a new Word as Excel: one container", xlsx, zip, true},
		{"OpenDocument", "application/vnd.oasis.opendocument.text", zip, true},
		{"with macros", "application/vnd.ms-word.document.macroenabled.12", zip, true},
		{"a new Word as a table", "text/csv", zip, false},
		{"a new Word as an old one", "application/msword", zip, false},
		{"text as a new Word", docx, "Bonjour", false},
		{"an empty archive", "application/zip", "PK\x05\x06" + strings.Repeat("\x00", 18), true},

		{"MIME-Version first", "message/rfc822", "MIME-Version: 1.0\r\n" + mail, true},
		{"DKIM first", "message/rfc822", "DKIM-Signature: v=1; a=rsa-sha256\r\n" + mail, true},
		{"Authentication-Results first", "message/rfc822", "Authentication-Results: mx.example\r\n" + mail, true},
		{"X-Sender first", "message/rfc822", "X-Sender: a@example.com\r\n" + mail, true},
		{"Thread-Topic first", "message/rfc822", "Thread-Topic: x\r\n" + mail, true},
		{"lower case", "message/rfc822", strings.ToLower(mail), true},
		{"a mark first", "message/rfc822", "\ufeff" + mail, true},
		{"Latin-1", "message/rfc822", "Subject: \xe9t\xe9\r\n\r\n", true},
		{"PDF as an e-mail", "message/rfc822", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", false},

		{"TIFF, little end first", "image/tiff", "II*\x00\x08\x00\x00\x00", true},
		{"TIFF, big end first", "image/tiff", "MM\x00*\x00\x00\x00\x08", true},
		{"BigTIFF, little end first", "image/tiff", bigTIFF, true},
		{"BigTIFF, big end first", "image/tiff", "MM\x00+\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10", true},
		{"another name of TIFF", "image/tif", bigTIFF, true},
		{"JPEG as TIFF", "image/tiff", "\xff\xd8\xff\xe0\x00\x10JFIF", false},
		{"nothing as TIFF", "image/tiff", nothing, false},

		{"a table that begins with Mozambique", "text/csv", strings.Repeat("MZ;Maputo;2026-03-01;12.50\n", 50), true},
		{"PAR1", "text/csv", strings.Repeat("PAR1;Paris 1;12.50\n", 50), true},
		{"BZh", "text/csv", "BZh;1\n", true},
		{"BZh9", "text/csv", "BZh91AY&SY;1\n", true},
		{"FWS", "text/csv", "FWS;1\n", true},
		{"CWS", "text/csv", "CWS;1\n", true},
		{"AC1015", "text/plain", "AC1015\n", true},
		{"MPCK", "text/plain", "MPCK;2\n", true},
		{"MThd", "text/plain", "MThd\n", true},
		{"8BPS", "text/plain", "8BPS;3\n", true},
		{"GIF89a", "text/plain", "GIF89a;b\n", true},
		{"BM", "text/plain", "BM-2026-0001;x;y;z\n", true},
		{"ftyp", "text/plain", "abcdftypxyz1 was sent\n", true},
		{"RIFF", "text/plain", "RIFF;abc;WAVE\n", true},
		{"Rar!", "text/plain", "Rar! said he\n", true},
		{"an e-mail about PDF", "message/rfc822", mail + "It begins with %PDF-1.7\r\n", true},
		{"Latin-1 table", "text/csv", "Pr\xe9nom;\xc2ge\n", true},
		{"code page 850", "text/csv", "Pr\x82nom;\x81\x90\x9f\n", true},
		{"UTF-16, little end first", "text/csv", wide(binary.LittleEndian, "Prénom;😀;Âge\n"), true},
		{"UTF-16, big end first", "text/csv", wide(binary.BigEndian, "Prénom;😀;Âge\n"), true},
		{"UTF-32, little end first", "text/csv", wider(binary.LittleEndian, "Prénom;😀\n"), true},
		{"UTF-32, big end first", "text/csv", wider(binary.BigEndian, "Prénom;😀\n"), true},
		{"half of a character in UTF-16", "text/csv", "\xff\xfe\x00\xd8a\x00", false},
		{"a mark and a program", "text/csv", "\xff\xfe" + elf, false},
		{"bytes as text", "text/plain", nothing, false},
		{"NUL in text", "text/plain", "Bonjour\x00", false},
		{"PDF as text", "text/plain", "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", false},
		{"a table as JSON: text is text", "application/json", "a;b\n", true},

		{"EDIFACT", "application/edifact", "UNA:+.? 'UNB+UNOA:1+A+B+260301:1200+1'", true},
		{"EDIFACT with separators that nobody can read", "application/edifact", "UNB\x1dUNOA\x1f1\x1c", true},
		{"X12", "application/edi-x12", "ISA*00*          *00*          *ZZ*SENDER~", true},
		{"HL7", "application/hl7-v2", "\x0bMSH|^~\\&|ADT1|MCM\rEVN|A01\x1c\r", true},
		{"YAML", "application/yaml", "a: 1\n", true},
		{"SQL", "application/sql", "SELECT 1;\n", true},
		{"MT940", "application/x-mt940", ":20:STARTUMS\r\n:25:10010010/1234\r\n", true},
		{"MT940 from SWIFT", "text/plain", "\x01{1:F01BANKFRPPAXXX}{4:\r\n:20:1\r\n-}\x03", true},
		{"OFX", "application/x-ofx", "OFXHEADER:100\r\nDATA:OFXSGML\r\n", true},
		{"CSV with an application's type", "application/csv", "a;b\n", true},
		{"PGP in letters", "application/pgp-encrypted", "-----BEGIN PGP MESSAGE-----\n\nwcBM\n", true},
		{"PGP in bytes", "application/pgp-encrypted", "\x85\x01\x0c\x03\x00", true},
		{"PEM", "application/pkcs7-mime", "-----BEGIN PKCS7-----\nMII=\n", true},
		{"DER", "application/pkcs7-mime", "0\x82\x01\x00\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02", true},
		{"a signature in letters", "application/pkcs7-signature", "-----BEGIN PKCS7-----\nMII=\n", true},
		{"a type that is not known", "application/x-unheard-of", nothing, true},
		{"text of a type that is not known", "application/x-unheard-of", "x", true},
		{"a type of texts that is not known", "text/x-unheard-of", nothing, false},
		{"bytes", "application/octet-stream", nothing, true},
		{"known bytes as bytes", "application/octet-stream", zip, true},

		{"m4a", "audio/mp4", m4a, true},
		{"m4a by its other name", "audio/x-m4a", m4a, true},
		{"m4a as a photograph", "image/heic", m4a, false},
		{"a photograph of a telephone", "image/heic", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", true},
		{"a photograph as a film", "video/mp4", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", false},
		{"a film of a camera", "video/quicktime", "\x00\x00\x00\x08wide\x00\x00\x01\x00mdat", true},
		{"a sound as a picture", "image/webp", "RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00", false},
		{"WebP", "image/webp", "RIFF\x24\x08\x00\x00WEBPVP8 ", true},
		{"JPEG by its other name", "image/jpg", "\xff\xd8\xff\xe1\x00\x00", true},
		{"PDF behind blanks", "application/pdf", "\r\n%PDF-1.7\n", true},
		{"PDF behind a printer's words", "application/pdf", "\x1b%-12345X@PJL\r\n%PDF-1.7\n", true},
		{"text as PDF", "application/pdf", "Bonjour", false},
		{"bytes as PDF", "application/pdf", nothing, false},
		{"nothing at all", "application/pdf", "", true},
		{"a film in no form that is known", "video/mp4", nothing, true},

		{"a program as bytes", "application/octet-stream", pe, false},
		{"a program of a type that is not known", "application/x-unheard-of", elf, false},
		{"a program as itself", "application/x-msdownload", pe, true},
		{"a program as another's", "application/x-executable", pe, false},
		{"a Java archive as itself", "application/java-archive", entry("META-INF/MANIFEST.MF"), true},
		{"a Java archive as a table", xlsx, entry("META-INF/MANIFEST.MF"), false},
		{"a Java archive as an archive", "application/zip", entry("META-INF/MANIFEST.MF"), false},
		{"a script as text", "text/plain", "#!/bin/sh\nrm -r /\n", false},
		{"a script as itself", "text/x-shellscript", "#! /usr/bin/env bash\n", true},
		{"a script behind a mark", "text/plain", "\ufeff#!/bin/sh\n", false},
		{"a script by its interpreter's name", "text/plain", "#!python3 -u\n", false},
		{"a recording that begins as scripts do", "audio/amr", "#!AMR\n\x04\x00\x10", true},
		{"a heading", "text/markdown", "#! Attention\n", true},

		{"the middle of a message", "message/partial", mail, false},
		{"a form", "multipart/form-data", mail, false},
	} {
		if got := mediatype.Recognise([]byte(c.bytes)); got.Fits(c.declared) != c.want {
			t.Errorf("%s: %s fits: %v, want %v (%v)", c.name, c.declared, !c.want, c.want, got)
		}
	}
}

func TestProgramsAreRecognised(t *testing.T) {
	for name, s := range map[string]string{
		"Windows": pe, "Linux": elf, "macOS": "\xcf\xfa\xed\xfe\x07\x00\x00\x01", "macOS, two processors": "\xca\xfe\xba\xbe\x00\x00\x00\x02",
		"Java": "\xca\xfe\xba\xbe\x00\x00\x00\x34", "a Java archive": entry("META-INF/MANIFEST.MF"),
		"a Java archive with its folder first": entry("META-INF/") + zip + "META-INF/MANIFEST.MF",
		"Android":                              "dex\n035\x00", "an Android package": entry("AndroidManifest.xml"), "WebAssembly": "\x00asm\x01\x00\x00\x00",
		"a shortcut": "L\x00\x00\x00\x01\x14\x02\x00\x00", "a script": "#!/usr/bin/perl -w\n", "a script for Windows": `#!C:\Python\python.exe`,
	} {
		if got := mediatype.Recognise([]byte(s)); !got.Executable() {
			t.Errorf("%s: %v", name, got)
		}
	}
	for name, s := range map[string]string{"a table": "MZ;Maputo\n", "an archive": entry("a.txt"), "a document": entry("[Content_Types].xml"),
		"a book": entry("mimetype") + "META-INF/container.xml", "nothing": "", "a recording": "#!AMR\n\x04", "text": "#!\n", "dex": "dex\n0;1\n"} {
		if got := mediatype.Recognise([]byte(s)); got.Executable() {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Every type of a family is one that a file can have, and one of which the bytes are
// looked at, unless no public description of its bytes exists.
func TestFamiliesCanBeSatisfied(t *testing.T) {
	byName := []string{"application/edifact", "application/edi-x12", "application/edi-consent", "application/hl7-v2", "application/x-ofx",
		"application/x-mt940", "application/pkcs7-mime", "application/pgp-encrypted", "application/pgp-signature",
		"application/timestamped-data", "application/timestamp-reply"}
	for _, f := range policy.Families() {
		for _, mediaType := range f.Types {
			if doubt := mediatype.Doubt(mediaType); doubt != "" {
				t.Errorf("%s: %s", f.Name, doubt)
			}
			if policy.SameMediaType(mediaType) != mediaType {
				t.Errorf("%s: %s is an alias", f.Name, mediaType)
			}
			if how := mediatype.Checked(mediaType); (how == mediatype.ByName) != slices.Contains(byName, mediaType) {
				t.Errorf("%s: %s %s", f.Name, mediaType, mediatype.Explain(mediaType))
			}
		}
	}
}

func TestDoubt(t *testing.T) {
	for mediaType, doubtful := range map[string]bool{"application/pdf": false, "image/jpg": false, "audio/mp4": false, "application/x-own": false,
		"multipart/form-data": true, "message/partial": true, "multipart/byteranges": true, "message/external-body": true,
		"aplication/pdf": true, "pdf/pdf": true} {
		if got := mediatype.Doubt(mediaType); (got != "") != doubtful {
			t.Errorf("%s: %q", mediaType, got)
		}
	}
}

func TestExplain(t *testing.T) {
	for mediaType, want := range map[string]string{
		"application/pdf":                         "is checked by its container: PDF",
		"image/jpg":                               "is checked by its container: JPEG",
		"text/csv":                                "is checked as text",
		"application/fhir+json":                   "is checked as text",
		"application/edifact":                     "is checked by name only",
		"application/x-own+zip":                   "is checked by its container: ZIP",
		"application/vnd.ms-access":               "is checked by name only",
		"image/vnd.adobe.photoshop":               "is checked against other types that show themselves",
		"multipart/byteranges":                    "is the type of no document: it is parts of a document",
		"application/vnd.oasis.opendocument.text": "is checked by its container: ZIP",
	} {
		if got := mediatype.Explain(mediaType); got != want {
			t.Errorf("%s %s, want: %s", mediaType, got, want)
		}
	}
}

// FuzzRecognise asserts what must hold for any bytes: a program fits no type but those of
// programs, text fits each type of text, and only the first bytes count.
func FuzzRecognise(f *testing.F) {
	for _, s := range []string{"", nothing, ole, zip, pe, elf, bigTIFF, m4a, "#!/bin/sh\n", "MZ;Maputo\n", wide(binary.BigEndian, "é"),
		wider(binary.LittleEndian, "é"), entry("META-INF/MANIFEST.MF"), "%PDF-1.7\n", `{\rtf1}`, "BZh91AY&SY", "RIFF\x24\x08\x00\x00WAVEfmt "} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		found := mediatype.Recognise(b)
		if again := mediatype.Recognise(append(slices.Clone(b[:min(len(b), mediatype.Head)]), b[min(len(b), mediatype.Head):]...)); again.String() != found.String() {
			t.Fatalf("%v, then %v", found, again)
		}
		text := []string{"text/plain", "text/csv", "message/rfc822", "application/json", "application/xml"}
		for _, mediaType := range append([]string{"application/pdf", docx, "application/msword", "image/tiff", "application/octet-stream",
			"application/x-unheard-of"}, text...) {
			fits := found.Fits(mediaType)
			if fits && len(b) > 0 && found.Executable() {
				t.Fatalf("%v, and is %s", found, mediaType)
			}
			if slices.Contains(text, mediaType) && len(b) > 0 && fits != (found.Text && !found.Executable()) {
				t.Fatalf("%v: text %v, %s %v", found, found.Text, mediaType, fits)
			}
		}
	})
}
