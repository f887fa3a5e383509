package mediatype

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// Kind is a form of bytes that shows itself.
type Kind string

// The kinds. A kind is a container, which several media types share, or one format.
const (
	Unknown Kind = ""

	ASF       Kind = "ASF"
	AVI       Kind = "AVI"
	BMP       Kind = "BMP"
	Bzip2     Kind = "bzip2"
	FLAC      Kind = "FLAC"
	GIF       Kind = "GIF"
	Gzip      Kind = "gzip"
	HEIF      Kind = "HEIF"
	ID3       Kind = "ID3"
	ISOMedia  Kind = "ISO media"
	JPEG      Kind = "JPEG"
	JPEG2000  Kind = "JPEG 2000"
	JPEGXL    Kind = "JPEG XL"
	Matroska  Kind = "Matroska"
	Ogg       Kind = "Ogg"
	OfficeXML Kind = "Office XML of 2003"
	OLE       Kind = "OLE"
	PDF       Kind = "PDF"
	PNG       Kind = "PNG"
	RAR       Kind = "RAR"
	RTF       Kind = "RTF"
	SevenZip  Kind = "7z"
	SQLite    Kind = "SQLite"
	TIFF      Kind = "TIFF"
	WAVE      Kind = "WAVE"
	WebP      Kind = "WebP"
	XZ        Kind = "xz"
	ZIP       Kind = "ZIP"
	Zstandard Kind = "Zstandard"

	APK       Kind = "Android package"
	Dalvik    Kind = "Dalvik"
	ELF       Kind = "ELF"
	JAR       Kind = "Java archive"
	JavaClass Kind = "Java class"
	MachO     Kind = "Mach-O"
	PE        Kind = "MZ"
	Script    Kind = "script"
	Shortcut  Kind = "Windows shortcut"
	Wasm      Kind = "WebAssembly"
)

// kind describes a kind.
type kind struct {
	kind Kind
	is   string // what the bytes are, after "The bytes are "
	at   func(head []byte) bool

	// plain says that the signature is made of bytes that text can have too. Text may
	// then begin so, and is text all the same.
	plain bool

	executable bool
}

// kinds are tried in this order. Their signatures stand in the formats' own
// specifications.
var kinds = []kind{
	{PNG, "a PNG image", begins("\x89PNG\r\n\x1a\n"), false, false},
	{JPEG, "a JPEG image", begins("\xff\xd8\xff"), false, false},
	{GIF, "a GIF image", begins("GIF87a", "GIF89a"), true, false},
	{TIFF, "a TIFF file", begins("II*\x00", "MM\x00*", "II+\x00\x08\x00\x00\x00", "MM\x00+\x00\x08\x00\x00"), false, false},
	{BMP, "a bitmap", isBitmap, false, false},
	{JPEG2000, "a JPEG 2000 image", begins("\x00\x00\x00\x0cjP  \r\n\x87\n", "\xff\x4f\xff\x51\x00"), false, false},
	{JPEGXL, "a JPEG XL image", begins("\x00\x00\x00\x0cJXL \r\n\x87\n", "\xff\x0a"), false, false},
	{PDF, "a PDF", isPDF, false, false},
	{RTF, "a rich text (RTF)", begins(`{\rtf`), true, false},
	{OLE, "an OLE container: a document of Office 97 to 2003, an Outlook message, or an Office document under a password",
		begins("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), false, false},
	{OfficeXML, "an Office document of 2003 in XML", isOfficeXML, true, false},
	{JAR, "a Java archive", isJAR, false, true},
	{APK, "an Android package", isAPK, false, true},
	{ZIP, "a ZIP container: an Office or OpenDocument file, or an archive",
		begins("PK\x03\x04", "PK\x05\x06", "PK\x07\x08PK\x03\x04", "PK00PK\x03\x04"), false, false},
	{Gzip, "compressed with gzip", begins("\x1f\x8b\x08"), false, false},
	{Bzip2, "compressed with bzip2", isBzip2, true, false},
	{XZ, "compressed with xz", begins("\xfd7zXZ\x00"), false, false},
	{Zstandard, "compressed with Zstandard", begins("\x28\xb5\x2f\xfd"), false, false},
	{SevenZip, "a 7z archive", begins("7z\xbc\xaf\x27\x1c"), false, false},
	{RAR, "a RAR archive", begins("Rar!\x1a\x07"), true, false},
	{WAVE, "a WAVE recording", isRIFF("WAVE"), false, false},
	{AVI, "an AVI film", isRIFF("AVI "), false, false},
	{WebP, "a WebP image", isRIFF("WEBP"), false, false},
	{HEIF, "a HEIF or AVIF image", isBrand("mif1", "mif2", "msf1", "heic", "heix", "heim", "heis", "hevc", "hevx", "avif", "avis"), false, false},
	{ISOMedia, "an ISO media file (MP4, QuickTime)", isISOMedia, false, false},
	{Matroska, "a Matroska or WebM file", begins("\x1a\x45\xdf\xa3"), false, false},
	{Ogg, "an Ogg file", begins("OggS\x00"), false, false},
	{ID3, "a recording with an ID3 tag", begins("ID3\x02", "ID3\x03", "ID3\x04"), true, false},
	{FLAC, "a FLAC recording", begins("fLaC"), true, false},
	{ASF, "a Windows Media file", begins("\x30\x26\xb2\x75\x8e\x66\xcf\x11"), false, false},
	{SQLite, "a SQLite database", begins("SQLite format 3\x00"), false, false},

	{ELF, "a program (ELF)", begins("\x7fELF"), false, true},
	{PE, "a DOS or Windows program", begins("MZ"), true, true},
	{MachO, "a macOS program (Mach-O)", begins("\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe",
		"\xca\xfe\xba\xbe\x00\x00\x00\x01", "\xca\xfe\xba\xbe\x00\x00\x00\x02", "\xca\xfe\xba\xbe\x00\x00\x00\x03",
		"\xca\xfe\xba\xbe\x00\x00\x00\x04", "\xca\xfe\xba\xbf"), false, true},
	{JavaClass, "a Java class", begins("\xca\xfe\xba\xbe"), false, true},
	{Dalvik, "an Android program", begins("dex\n0"), true, true},
	{Wasm, "a WebAssembly program", begins("\x00asm"), false, true},
	{Shortcut, "a Windows shortcut", begins("L\x00\x00\x00\x01\x14\x02\x00"), false, true},
}

func begins(signatures ...string) func([]byte) bool {
	return func(head []byte) bool {
		return slices.ContainsFunc(signatures, func(s string) bool { return bytes.HasPrefix(head, []byte(s)) })
	}
}

// isPDF accepts a PDF that begins with its header, behind blanks at most. Such bytes are
// no text, though a PDF can be written in text alone. One with other bytes before the
// header may still be text: hasPDF.
func isPDF(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n\x00")
	return len(head) > 8 && bytes.HasPrefix(head, []byte("%PDF-")) && head[5] >= '1' && head[5] <= '9' && head[6] == '.'
}

// hasPDF accepts a PDF as readers do: its header stands in the first kilobyte, behind
// whatever a mail program or a printer put before it, or is damaged and the first object
// stands there.
func hasPDF(head []byte) bool {
	head = head[:min(len(head), 1024+len("%PDF-"))]
	return bytes.Contains(head, []byte("%PDF-")) || bytes.Contains(head, []byte(" 0 obj"))
}

// isBzip2 looks for the first block, or the end of an empty file.
func isBzip2(head []byte) bool {
	return len(head) >= 10 && bytes.HasPrefix(head, []byte("BZh")) && head[3] >= '1' && head[3] <= '9' &&
		(string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17\x72\x45\x38\x50\x90")
}

// isOfficeXML accepts what Word and Excel of 2003 write as XML, under the endings of
// their other documents too.
func isOfficeXML(head []byte) bool { return bytes.Contains(head, []byte("<?mso-application ")) }

// isBitmap looks at the size of the header behind the two letters, which text begins with
// as well.
func isBitmap(head []byte) bool {
	if len(head) < 18 || !bytes.HasPrefix(head, []byte("BM")) {
		return false
	}
	switch binary.LittleEndian.Uint32(head[14:]) {
	case 12, 16, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

func isRIFF(form string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) >= 12 && (string(head[:4]) == "RIFF" || string(head[:4]) == "RF64") && string(head[8:12]) == form
	}
}

// isISOMedia accepts a file that begins with one of the boxes of ISO 14496-12 or
// QuickTime that come first in files. The first four bytes are a box's size.
func isISOMedia(head []byte) bool {
	if len(head) < 12 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "styp", "moov", "moof", "mdat", "sidx", "wide", "skip", "free", "pnot", "uuid":
		return isBoxSize(binary.BigEndian.Uint32(head))
	}
	return false
}

// isBoxSize tells a size from four letters of a text: 0 is "to the end", 1 is "given
// later".
func isBoxSize(n uint32) bool { return n <= 1 || n >= 8 && n < 0x20000000 }

func isBrand(brands ...string) func([]byte) bool {
	return func(head []byte) bool {
		return isISOMedia(head) && string(head[4:8]) == "ftyp" && slices.Contains(brands, string(head[8:12]))
	}
}

// firstName is the name of a ZIP file's first entry, empty when there is none.
func firstName(head []byte) string {
	if len(head) < 30 || !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return ""
	}
	n := int(binary.LittleEndian.Uint16(head[26:]))
	return string(head[30:min(len(head), 30+n)])
}

// isJAR accepts what the tools of Java write: the manifest comes first, in its folder.
// Another ZIP file may hold classes too, as any archive may hold programs.
func isJAR(head []byte) bool {
	name := firstName(head)
	return strings.EqualFold(name, "META-INF/MANIFEST.MF") ||
		strings.EqualFold(name, "META-INF/") && bytes.Contains(head, []byte("META-INF/MANIFEST.MF"))
}

func isAPK(head []byte) bool {
	name := firstName(head)
	return name == "AndroidManifest.xml" || name == "classes.dex" ||
		firstName(head) != "" && bytes.Contains(head, []byte("AndroidManifest.xml"))
}
