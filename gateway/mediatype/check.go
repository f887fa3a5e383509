package mediatype

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/bordereau/bordereau/policy"
)

// How says by what a document of a media type is checked.
type How string

// The ways of checking.
const (
	ByContainer How = "by container" // the bytes are in the container that the type has
	AsText      How = "as text"      // the bytes decode as text
	ByLibrary   How = "by library"   // the library knows the type, and must not find another
	ByName      How = "by name only" // the type is what the sender says
	Never       How = "never"        // no document is of the type
)

// check is how one media type is checked.
type check struct {
	how   How
	kinds []Kind // that the type may have

	// strict refuses bytes that show nothing: the type's form cannot be missed. Without
	// it, older or damaged forms of the type pass that show nothing.
	strict bool
	why    string // why no document is of the type
}

// checks are the media types that are checked here, under the names to which aliases
// lead. Types for which a structured suffix speaks (+xml, +json, +zip) need no row.
var checks = map[string]check{
	"application/pdf":        one(PDF),
	"application/postscript": {how: ByLibrary},
	"application/rtf":        {how: AsText, kinds: []Kind{RTF}}, // it may hold pictures as bytes

	// Word wrote .doc in its own form before 97, which shows nothing, and writes it as
	// rich text when asked. Excel's form before 97 shows nothing either.
	"application/msword":                  {how: ByContainer, kinds: []Kind{OLE, RTF, OfficeXML}},
	"application/vnd.ms-excel":            {how: ByContainer, kinds: []Kind{OLE, OfficeXML}},
	"application/vnd.ms-powerpoint":       {how: ByContainer, kinds: []Kind{OLE, OfficeXML}},
	"application/vnd.ms-outlook":          one(OLE),
	"application/vnd.ms-publisher":        one(OLE),
	"application/vnd.ms-project":          {how: ByContainer, kinds: []Kind{OLE}},
	"application/vnd.visio":               one(OLE),
	"application/vnd.ms-works":            {how: ByContainer, kinds: []Kind{OLE}},
	"application/x-ole-storage":           one(OLE),
	"application/x-msi":                   one(OLE),
	"application/vnd.ms-outlook-template": one(OLE),

	"application/zip":                  one(ZIP),
	"application/epub+zip":             one(ZIP),
	"application/vnd.ms-visio.drawing": one(ZIP),
	"application/vnd.google-earth.kmz": one(ZIP),
	"application/oxps":                 one(ZIP),
	"application/vnd.ms-xpsdocument":   one(ZIP),
	"application/gzip":                 one(Gzip),
	"application/x-bzip2":              one(Bzip2),
	"application/x-xz":                 one(XZ),
	"application/zstd":                 one(Zstandard),
	"application/x-7z-compressed":      one(SevenZip),
	"application/vnd.rar":              one(RAR),
	"application/vnd.sqlite3":          one(SQLite),

	"image/jpeg": one(JPEG),
	"image/png":  one(PNG),
	"image/gif":  one(GIF),
	"image/bmp":  {how: ByContainer, kinds: []Kind{BMP}},
	"image/tiff": one(TIFF),
	"image/webp": one(WebP),
	"image/heic": one(HEIF),
	"image/heif": one(HEIF),
	"image/avif": one(HEIF),
	"image/jp2":  one(JPEG2000),
	"image/jpx":  one(JPEG2000),
	"image/jpm":  one(JPEG2000),
	"image/j2c":  one(JPEG2000),
	"image/jxl":  one(JPEGXL),

	"audio/mp4":  {how: ByContainer, kinds: []Kind{ISOMedia}},
	"audio/wav":  one(WAVE),
	"audio/ogg":  one(Ogg),
	"audio/flac": {how: ByContainer, kinds: []Kind{FLAC, Ogg, ID3}},
	"audio/mpeg": {how: ByContainer, kinds: []Kind{ID3, WAVE}}, // some write it into RIFF
	"audio/aac":  {how: ByContainer, kinds: []Kind{ID3}},
	"audio/webm": one(Matroska),

	"audio/x-ms-wma":   one(ASF),
	"video/mp4":        {how: ByContainer, kinds: []Kind{ISOMedia}},
	"video/quicktime":  {how: ByContainer, kinds: []Kind{ISOMedia}},
	"video/3gpp":       {how: ByContainer, kinds: []Kind{ISOMedia}},
	"video/webm":       one(Matroska),
	"video/x-matroska": one(Matroska),
	"video/x-msvideo":  one(AVI),
	"video/ogg":        one(Ogg),
	"application/ogg":  one(Ogg),
	"video/x-ms-wmv":   one(ASF),
	"video/x-ms-asf":   one(ASF),

	"message/rfc822":         {how: AsText},
	"message/global":         {how: AsText},
	"application/mbox":       {how: AsText},
	"application/json":       {how: AsText},
	"application/x-ndjson":   {how: AsText},
	"application/json-seq":   {how: AsText},
	"application/xml":        {how: AsText},
	"application/xml-dtd":    {how: AsText},
	"application/yaml":       {how: AsText},
	"application/sql":        {how: AsText},
	"application/toml":       {how: AsText},
	"application/javascript": {how: AsText, kinds: []Kind{Script}},
	"text/javascript":        {how: AsText, kinds: []Kind{Script}},
	"application/ecmascript": {how: AsText, kinds: []Kind{Script}},

	"application/vnd.microsoft.portable-executable": one(PE),
	"application/x-executable":                      one(ELF),
	"application/x-mach-binary":                     one(MachO),
	"application/java-vm":                           one(JavaClass),
	"application/java-archive":                      one(JAR, ZIP, APK),
	"application/vnd.android.package-archive":       one(APK, JAR, ZIP),
	"application/vnd.android.dex":                   one(Dalvik),
	"application/wasm":                              one(Wasm),
	"application/x-ms-shortcut":                     one(Shortcut),
	"application/x-sh":                              {how: AsText, kinds: []Kind{Script}},
	"text/x-python":                                 {how: AsText, kinds: []Kind{Script}},
	"text/x-perl":                                   {how: AsText, kinds: []Kind{Script}},
	"text/x-ruby":                                   {how: AsText, kinds: []Kind{Script}},
	"text/x-php":                                    {how: AsText, kinds: []Kind{Script}},
	"text/x-tcl":                                    {how: AsText, kinds: []Kind{Script}},
	"text/x-lua":                                    {how: AsText, kinds: []Kind{Script}},
	"text/x-awk":                                    {how: AsText, kinds: []Kind{Script}},

	"multipart/byteranges":     {how: Never, why: "it is parts of a document"},
	"multipart/form-data":      {how: Never, why: "it is a form that holds a document"},
	"application/octet-stream": {how: ByName},
	"message/partial":          {how: Never, why: "it is a part of a message"},
	"message/external-body":    {how: Never, why: "it is the address of a document"},
	"application/x-empty":      {how: Never, why: "it is the type of nothing"},
	"inode/x-empty":            {how: Never, why: "it is the type of nothing"},
}

// one is the check of a type whose form cannot be missed.
func one(kinds ...Kind) check { return check{how: ByContainer, kinds: kinds, strict: true} }

// eitherForm are types that the library knows in a binary form and that have a textual
// one as well.
var eitherForm = []string{"application/pkcs7-signature", "application/pkcs7-mime", "application/x-x509-ca-cert", "image/vnd.dxf",
	"image/x-portable-bitmap", "image/x-portable-graymap", "image/x-portable-pixmap", "model/stl", "application/x-xliff+xml"}

// checkOf is the check of a media type. A type without a row is checked by its structured
// suffix (RFC 6838, 4.2.8), by the library, or by name.
func checkOf(mediaType string) check {
	name := policy.SameMediaType(mediaType)
	if c, ok := checks[name]; ok {
		return c
	}
	kind, sub, _ := strings.Cut(name, "/")
	_, suffix, _ := cutLast(sub, '+')
	switch {
	case strings.HasPrefix(name, "application/vnd.openxmlformats-officedocument."),
		strings.HasPrefix(name, "application/vnd.oasis.opendocument."),
		strings.HasPrefix(name, "application/vnd.sun.xml."),
		strings.HasPrefix(name, "application/vnd.ms-") && strings.HasSuffix(name, ".macroenabled.12"):
		return one(ZIP)
	case suffix == "zip":
		return one(ZIP)
	case suffix == "gzip":
		return one(Gzip)
	case kind == "text", suffix == "xml", suffix == "json", suffix == "yaml", suffix == "json-seq":
		return check{how: AsText}
	case mimetype.Lookup(name) != nil && !mimetype.Lookup(name).Is("application/octet-stream"):
		return check{how: ByLibrary}
	default:
		return check{how: ByName}
	}
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// Checked says how documents of a media type are checked.
func Checked(mediaType string) How { return checkOf(mediaType).how }

// Explain says the same in words, after the type's name.
func Explain(mediaType string) string {
	c := checkOf(mediaType)
	switch c.how {
	case ByContainer:
		names := make([]string, 0, len(c.kinds))
		for _, k := range c.kinds {
			names = append(names, string(k))
		}
		return "is checked by its container: " + strings.Join(names, " or ")
	case AsText:
		return "is checked as text"
	case ByLibrary:
		return "is checked against other types that show themselves"
	case Never:
		return "is the type of no document: " + c.why
	default:
		return "is checked by name only"
	}
}

// Doubt says why no file, or not the file that was meant, may be of a media type that a
// contract lists. It is empty without a doubt.
func Doubt(mediaType string) string {
	if c := checkOf(mediaType); c.how == Never {
		return fmt.Sprintf("no document can be of type %s: %s", mediaType, c.why)
	}
	if top, _, _ := strings.Cut(mediaType, "/"); !slices.Contains(registered, top) {
		return fmt.Sprintf("%s begins with no registered top-level type: is it misspelt?", mediaType)
	}
	return ""
}

// registered are the top-level types of the IANA registry.
var registered = []string{"application", "audio", "example", "font", "haptics", "image", "message", "model", "multipart", "text", "video"}
