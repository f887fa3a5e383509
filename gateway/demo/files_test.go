package demo_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/demo"
	"github.com/bordereau/bordereau/gateway/demo/synthetic"
)

func TestFilesAreDerivedByTheRules(t *testing.T) {
	files, leftOut, err := demo.Files(fstest.MapFS{
		"a/Bordereau été.CSV": {Data: []byte("a,b\n1,2\n")},
		"b/Bordereau été.CSV": {Data: []byte("a,b\n1,2\n")},
		"not a pdf.pdf":       {Data: []byte("plain")}, // the ending counts: the class takes anything
		"no ending":           {Data: []byte("\x89PNG\r\n\x1a\n")},
		"空.dat":               {Data: nil},
		"bell\a.txt":          {Data: []byte("x")},
		"link":                {Data: []byte("/etc/hosts"), Mode: fs.ModeSymlink},
	})
	if err != nil {
		t.Fatal(err)
	}
	ref := synthetic.Reference
	want := []demo.File{
		{ref("a/Bordereau été.CSV"), "Bordereau été.CSV", "document", "text/csv"},
		{ref("b/Bordereau été.CSV"), "Bordereau été.CSV", "document", "text/csv"},
		{ref("bell\a.txt"), "bell\uFFFD.txt", "document", "text/plain"},
		{ref("no ending"), "no ending", "document", "image/png"},
		{ref("not a pdf.pdf"), "not a pdf.pdf", "document", "application/pdf"},
		{ref("空.dat"), "空.dat", "document", "text/plain"},
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Error(diff)
	}
	if files[0].Reference == files[1].Reference {
		t.Error("two files of one name share a reference")
	}
	if leftOut != 1 {
		t.Errorf("%d left out, want the link", leftOut)
	}
}

func TestNoFilesIsAnError(t *testing.T) {
	if _, _, err := demo.Files(fstest.MapFS{"folder": {Mode: fs.ModeDir}}); err == nil {
		t.Error("an empty folder is a story without documents")
	}
}
