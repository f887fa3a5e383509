package policy

import (
	"maps"
	"slices"
)

// Family is a name for the media types of one use, which a class may list in their place.
// A family's types never change: the contracts that name it were approved with them. A
// type that comes later is named by itself, or in a family of another name.
type Family struct {
	Name  string
	Holds string // in words, for people
	Types []string
}

// FamilyExecutable is the family of programs and scripts. No class takes them unless it
// names this family or the type itself: AnyMediaType does not name them.
const FamilyExecutable = "executable"

const (
	openXML = "application/vnd.openxmlformats-officedocument."
	openDoc = "application/vnd.oasis.opendocument."
)

// families are all families. The terms, their JSON Schema and docs/contracts.md go by
// this list. Types stand here under the name to which an alias leads.
//
// Documents with macros, and images that may hold scripts (SVG), are in none of them: a
// class that needs them names their types.
var families = []Family{
	{"office", "texts, tables and slides: Microsoft Office since 97, OpenDocument, RTF", []string{
		"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/rtf",
		openXML + "wordprocessingml.document", openXML + "wordprocessingml.template",
		openXML + "spreadsheetml.sheet", openXML + "spreadsheetml.template",
		openXML + "presentationml.presentation", openXML + "presentationml.template", openXML + "presentationml.slideshow",
		openDoc + "text", openDoc + "text-template", openDoc + "spreadsheet", openDoc + "spreadsheet-template",
		openDoc + "presentation", openDoc + "presentation-template", openDoc + "graphics"}},
	{"scan", "pages as scanners make them", []string{
		"application/pdf", "image/tiff", "image/jpeg", "image/png", "image/jp2"}},
	{"image", "photographs and drawings, without those that may hold scripts", []string{
		"image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff", "image/webp", "image/heic", "image/heif", "image/avif",
		"image/jp2", "image/jxl"}},
	{"email", "messages, mailboxes, appointments and contacts", []string{
		"message/rfc822", "message/global", "application/vnd.ms-outlook", "application/mbox", "text/calendar", "text/vcard"}},
	{"text", "plain text and tables as text", []string{
		"text/plain", "text/csv", "text/tab-separated-values", "text/markdown"}},
	{"exchange", "files that programs exchange: EDI, XML, JSON, tables", []string{
		"application/edifact", "application/edi-x12", "application/edi-consent", "application/hl7-v2", "application/fhir+json",
		"application/fhir+xml", "application/xml", "application/json", "application/x-ndjson", "application/yaml", "application/x-ofx",
		"application/x-mt940", "text/csv", "text/tab-separated-values", "text/plain"}},
	{"signed", "signed or encrypted messages and their signatures", []string{
		"application/pkcs7-mime", "application/pkcs7-signature", "application/pgp-encrypted", "application/pgp-signature",
		"application/timestamped-data", "application/timestamp-reply", "application/vnd.etsi.asic-e+zip", "application/vnd.etsi.asic-s+zip"}},
	{"audio", "recordings of sound", []string{
		"audio/mpeg", "audio/mp4", "audio/wav", "audio/ogg", "audio/flac", "audio/aac", "audio/amr", "audio/webm", "audio/x-ms-wma"}},
	{"video", "recordings of pictures", []string{
		"video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/x-msvideo", "video/mpeg", "video/ogg", "video/3gpp",
		"video/x-ms-wmv"}},
	{"archive", "archives and compressed files; nothing looks at what they hold", []string{
		"application/zip", "application/gzip", "application/x-tar", "application/x-7z-compressed", "application/vnd.rar",
		"application/x-bzip2", "application/x-xz", "application/zstd"}},
	{FamilyExecutable, "programs and scripts", []string{
		"application/vnd.microsoft.portable-executable", "application/x-executable", "application/x-mach-binary", "application/java-vm",
		"application/java-archive", "application/vnd.android.package-archive", "application/vnd.android.dex", "application/wasm",
		"application/x-ms-shortcut", "application/x-sh", "text/x-python", "text/x-perl", "text/x-ruby", "text/x-php", "text/x-tcl",
		"text/x-lua", "text/x-awk"}},
}

// Families are all families that a class may list.
func Families() []Family { return slices.Clone(families) }

// aliases are other names of a type, each with the name that stands for it.
var aliases = aliasesOf(map[string][]string{
	"application/edifact":                           {"application/x-edifact"},
	"application/gzip":                              {"application/x-gzip"},
	"application/java-archive":                      {"application/x-java-archive", "application/x-jar"},
	"application/java-vm":                           {"application/x-java-applet", "application/x-java-class", "application/x-java-vm"},
	"application/json":                              {"application/x-json", "text/json", "text/x-json"},
	"application/msword":                            {"application/doc", "application/vnd.ms-word", "application/vnd.msword", "application/x-msword", "application/winword"},
	"application/pdf":                               {"application/x-pdf", "text/pdf"},
	"application/pkcs7-mime":                        {"application/x-pkcs7-mime"},
	"application/pkcs7-signature":                   {"application/x-pkcs7-signature"},
	"application/postscript":                        {"application/eps", "application/x-postscript", "image/eps", "image/x-eps"},
	"application/rtf":                               {"application/x-rtf", "text/rtf"},
	"application/sql":                               {"application/x-sql", "text/sql", "text/x-sql"},
	"application/vnd.microsoft.portable-executable": {"application/exe", "application/x-dosexec", "application/x-exe", "application/x-msdos-program", "application/x-msdownload", "application/x-winexe"},
	"application/vnd.ms-excel":                      {"application/excel", "application/msexcel", "application/x-excel", "application/x-msexcel", "application/xls"},
	"application/vnd.ms-outlook":                    {"application/msoutlook", "application/x-msg", "application/x-outlook-msg"},
	"application/vnd.ms-powerpoint":                 {"application/mspowerpoint", "application/powerpoint", "application/x-mspowerpoint"},
	"application/vnd.rar":                           {"application/rar", "application/x-rar", "application/x-rar-compressed"},
	"application/x-7z-compressed":                   {"application/7z", "application/x-7z"},
	"application/x-executable":                      {"application/x-elf", "application/x-object", "application/x-sharedlib", "application/x-pie-executable", "application/x-coredump"},
	"application/x-mach-binary":                     {"application/x-mach-o", "application/x-mach-o-executable"},
	"application/x-ndjson":                          {"application/jsonl", "application/jsonlines", "application/ndjson", "application/x-jsonl", "application/x-jsonlines"},
	"application/x-ofx":                             {"application/ofx", "application/vnd.intu.qfx"},
	"application/x-sh":                              {"application/x-shellscript", "text/x-sh", "text/x-shellscript"},
	"application/x-tar":                             {"application/tar"},
	"application/xml":                               {"application/x-xml", "text/xml"},
	"application/yaml":                              {"application/x-yaml", "text/x-yaml", "text/yaml"},
	"application/zip":                               {"application/x-zip", "application/x-zip-compressed", "multipart/x-zip"},
	"audio/aac":                                     {"audio/aacp", "audio/x-aac"},
	"audio/flac":                                    {"audio/x-flac"},
	"audio/mp4":                                     {"audio/m4a", "audio/x-m4a", "audio/x-mp4"},
	"audio/mpeg":                                    {"audio/mp3", "audio/mpeg3", "audio/x-mp3", "audio/x-mpeg"},
	"audio/wav":                                     {"audio/vnd.wave", "audio/wave", "audio/x-wav"},
	"image/bmp":                                     {"image/x-bmp", "image/x-ms-bmp"},
	"image/jp2":                                     {"image/jpeg2000", "image/jpeg2000-image", "image/x-jpeg2000-image"},
	"image/jpeg":                                    {"image/jpg", "image/pjpeg", "image/x-jpeg"},
	"image/png":                                     {"image/x-png"},
	"image/tiff":                                    {"image/tif", "image/x-tif", "image/x-tiff"},
	"text/calendar":                                 {"application/ics"},
	"text/csv":                                      {"application/csv", "application/x-csv", "text/comma-separated-values", "text/x-comma-separated-values", "text/x-csv"},
	"text/markdown":                                 {"text/x-markdown"},
	"text/x-perl":                                   {"application/x-perl"},
	"text/x-php":                                    {"application/x-httpd-php", "application/x-php"},
	"text/x-python":                                 {"application/x-python", "text/x-script.python"},
	"text/x-ruby":                                   {"application/x-ruby"},
	"text/x-tcl":                                    {"application/x-tcl"},
	"text/vcard":                                    {"text/directory", "text/x-vcard"},
	"video/quicktime":                               {"video/x-quicktime"},
	"video/x-matroska":                              {"video/matroska"},
	"video/x-msvideo":                               {"video/avi", "video/msvideo", "video/vnd.avi"},
})

func aliasesOf(names map[string][]string) map[string]string {
	all := map[string]string{}
	for name, others := range names {
		for _, other := range others {
			all[other] = name
		}
	}
	return all
}

// SameMediaType gives the name under which a media type is compared: an alias, as
// image/jpg, leads to the type that it means, and any other name to itself.
func SameMediaType(s string) string {
	if name, ok := aliases[s]; ok {
		return name
	}
	return s
}

// MediaTypeAliases are the aliases, each with the name that stands for it.
func MediaTypeAliases() map[string]string { return maps.Clone(aliases) }

// mediaTypes are what a class lists, ready to compare.
type mediaTypes struct {
	any   bool
	named map[string]bool // without aliases, and with the types of families
	// programs says that the class names the family of programs.
	programs bool
}

func mediaTypesOf(listed []string) mediaTypes {
	m := mediaTypes{named: map[string]bool{}}
	for _, s := range listed {
		switch i := slices.IndexFunc(families, func(f Family) bool { return f.Name == s }); {
		case s == AnyMediaType:
			m.any = true
		case i >= 0:
			m.programs = m.programs || s == FamilyExecutable
			for _, t := range families[i].Types {
				m.named[t] = true
			}
		default:
			m.named[SameMediaType(s)] = true
		}
	}
	return m
}

// names says whether the class names the type, which a class for any type does not.
func (m mediaTypes) names(mediaType string) bool { return m.named[SameMediaType(mediaType)] }

func (m mediaTypes) take(mediaType string) bool { return m.any || m.names(mediaType) }

// isFamily says whether a word is the name of a family.
func isFamily(s string) bool {
	return slices.ContainsFunc(families, func(f Family) bool { return f.Name == s })
}

func familyNames() []string {
	var all []string
	for _, f := range families {
		all = append(all, f.Name)
	}
	return all
}
