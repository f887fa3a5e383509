package mediatype_test

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/mediatype"
	"github.com/bordereau/bordereau/policy"
)

// tally counts the samples of one media type.
type tally struct {
	files, passed   int
	mislabelled     int // another format under this ending: rightly refused
	protected       int // an Office document under a password: refused, as docs/media-types.md says
	wrong           int // refused though they are of the type
	others, refused int // times that they were declared as a type of another family, and that this was refused
}

// TestSamples measures the checks on files that other people made. The environment
// variable BORDEREAU_TEST_SAMPLES names a folder of them; docs/media-types.md says which
// were used and what came out. Each file is declared as the type of its ending, and as
// one type of each family that it does not belong to.
func TestSamples(t *testing.T) {
	folder := os.Getenv("BORDEREAU_TEST_SAMPLES")
	if folder == "" {
		t.Skip("BORDEREAU_TEST_SAMPLES names no folder of sample files")
	}
	types := map[string]*tally{}
	programs := 0
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		head, err := headOf(path)
		if err != nil || len(head) == 0 {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		found := mediatype.Recognise(head)
		declared, known := endings[strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")]
		if isProgram(head) {
			programs++
			wantNoDisguise(t, name, found)
		}
		if !known {
			return nil
		}
		if types[declared] == nil {
			types[declared] = &tally{}
		}
		types[declared].add(t, folder, filepath.ToSlash(name), declared, found)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	report(t, types, programs)
}

func headOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, mediatype.Head))
}

func (c *tally) add(t *testing.T, folder, name, declared string, found mediatype.Found) {
	c.files++
	switch why, listed := mislabelled(name); {
	case found.Kind == mediatype.OLE && !found.Fits(declared) && isProtected(filepath.Join(folder, name)):
		c.protected++
		return
	case found.Fits(declared):
		c.passed++
		if listed {
			t.Errorf("%s as %s: passes, and is listed as mislabelled: %s", name, declared, why)
		}
	case listed:
		c.mislabelled++
		return
	default:
		c.wrong++
		t.Errorf("%s as %s: refused: %v", name, declared, found)
	}
	for _, other := range foreign(declared) {
		c.others++
		if !found.Fits(other) {
			c.refused++
		} else if os.Getenv("BORDEREAU_TEST_SAMPLES_MISSED") != "" {
			t.Logf("missed: %s (%s) as %s", name, declared, other)
		}
	}
}

// isProtected looks for the stream that Office writes in place of a document under a
// password.
func isProtected(path string) bool {
	content, err := os.ReadFile(path)
	return err == nil && strings.Contains(strings.ReplaceAll(string(content), "\x00", ""), "EncryptedPackage")
}

// representatives are one type for each container.
var representatives = []string{"application/pdf", "application/msword", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"image/tiff", "image/jpeg", "image/png", "image/webp", "message/rfc822", "text/csv", "application/json", "audio/wav", "video/mp4",
	"application/gzip", "application/x-7z-compressed", "application/vnd.microsoft.portable-executable"}

// foreign are the representatives with another container than the type.
func foreign(declared string) []string {
	var all []string
	for _, other := range representatives {
		if mediatype.Explain(other) != mediatype.Explain(declared) && !related(declared, other) {
			all = append(all, other)
		}
	}
	return all
}

// related are pairs that share a form: rich text is text, and a type that is checked by
// its name may be anything.
func related(a, b string) bool {
	text := func(s string) bool { return mediatype.Checked(s) == mediatype.AsText }
	ole := func(s string) bool { return strings.Contains(mediatype.Explain(s), "OLE") }
	return text(a) && text(b) || ole(a) && ole(b) || a == "application/rtf" && b == "application/msword"
}

// isProgram is another opinion about programs than the one that is measured: it looks at
// the signatures alone, and at NUL for what text cannot have.
func isProgram(head []byte) bool {
	s := string(head)
	switch {
	case strings.HasPrefix(s, "\x7fELF"), strings.HasPrefix(s, "\x00asm"), strings.HasPrefix(s, "\xca\xfe\xba\xbe"),
		strings.HasPrefix(s, "\xfe\xed\xfa"), strings.HasPrefix(s, "\xcf\xfa\xed\xfe"), strings.HasPrefix(s, "\xce\xfa\xed\xfe"),
		strings.HasPrefix(s, "#!/"), strings.HasPrefix(s, "dex\n03"):
		return true
	}
	return strings.HasPrefix(s, "MZ") && strings.Contains(s, "\x00")
}

func wantNoDisguise(t *testing.T, name string, found mediatype.Found) {
	t.Helper()
	if !found.Executable() {
		t.Errorf("%s is a program, and is found to be: %v", name, found)
	}
	for _, family := range policy.Families() {
		for _, declared := range family.Types {
			if family.Name != policy.FamilyExecutable && found.Fits(declared) {
				t.Errorf("%s is a program and passes as %s", name, declared)
			}
		}
	}
}

func report(t *testing.T, types map[string]*tally, programs int) {
	t.Helper()
	names := slices.SortedFunc(maps.Keys(types), func(a, b string) int {
		return cmp.Or(cmp.Compare(types[b].files, types[a].files), cmp.Compare(a, b))
	})
	var sum tally
	var b strings.Builder
	for _, name := range names {
		c := types[name]
		fmt.Fprintf(&b, "| `%s` | %d | %d | %d | %d | %d | %d of %d |\n", name, c.files, c.passed, c.protected, c.mislabelled, c.wrong, c.refused, c.others)
		sum.files, sum.passed, sum.mislabelled, sum.wrong = sum.files+c.files, sum.passed+c.passed, sum.mislabelled+c.mislabelled, sum.wrong+c.wrong
		sum.protected += c.protected
		sum.others, sum.refused = sum.others+c.others, sum.refused+c.refused
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d | %d | %d | %d of %d |\n", sum.files, sum.passed, sum.protected, sum.mislabelled, sum.wrong, sum.refused, sum.others)
	t.Logf("%d programs\n%s", programs, b.String())
}

// mislabelled says why a sample is rightly refused under its own ending.
func mislabelled(name string) (why string, ok bool) {
	for part, why := range map[string]string{
		"POIVisioFuzzer-4537225637134336.vsd": "a ZIP file",
		"word-lib_hello_world.docm":           "a document in OLE",
		"test_ignore_IBM420.html":             "text with NUL",
		"testGRAPHVIZ":                        "Graphviz",
		"testODTnotaZipFile.odt":              "text",
		"test-documents-spanned.zip":          "the middle of a spanned archive",
		"testWordPerfect_5":                   "WordPerfect",
		"lorem-ipsum_files/themedata.xml":     "a ZIP file",
		"fixture-json.webp":                   "JSON",
	} {
		if strings.Contains(name, part) {
			return why, true
		}
	}
	return "", false
}
