package synthetic_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // registers the decoder
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	_ "golang.org/x/image/tiff" // registers the decoder

	"github.com/bordereau/bordereau/gateway/demo/synthetic"
)

// ofType gives a set's documents of one media type, and fails when there is none. What
// stands in correspondence.go has tests of its own.
func ofType(t *testing.T, mediaType string) []synthetic.Document {
	t.Helper()
	var found []synthetic.Document
	for _, d := range documents(smallest()) {
		if d.MediaType == mediaType && d.Class != "correspondence" {
			found = append(found, d)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no document of type %s", mediaType)
	}
	return found
}

func TestPicturesDecodeAndShowSomething(t *testing.T) {
	for _, d := range append(ofType(t, "image/tiff"), ofType(t, "image/jpeg")...) {
		picture, _, err := image.Decode(bytes.NewReader(d.Bytes))
		if err != nil {
			t.Errorf("%s: %v", d.FileName, err)
			continue
		}
		dark, all := 0, 0
		for y := range picture.Bounds().Dy() {
			for x := range picture.Bounds().Dx() {
				all++
				if r, _, _, _ := picture.At(x, y).RGBA(); r < 0x8000 {
					dark++
				}
			}
		}
		if share := dark * 1000 / all; share < 8 || share > 900 {
			t.Errorf("%s: %d per mille of it is dark", d.FileName, share)
		}
	}
}

func TestPDFStructure(t *testing.T) {
	for _, d := range ofType(t, "application/pdf") {
		if err := checkPDF(d.Bytes); err != nil {
			t.Errorf("%s: %v", d.FileName, err)
		}
	}
}

func TestCheckPDFSeesDamage(t *testing.T) {
	whole := ofType(t, "application/pdf")[0].Bytes
	for name, damaged := range map[string][]byte{
		"a byte more": append([]byte("%PDF-1.4 \n"), whole[9:]...),
		"cut":         whole[:len(whole)-40],
		"length":      bytes.Replace(whole, []byte("/Length "), []byte("/Length 1"), 1),
	} {
		if checkPDF(damaged) == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}

var (
	startxref = regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`)
	stream    = regexp.MustCompile(`<< /Length (\d+) >>\nstream\n`)
)

// checkPDF follows the cross-reference table to every object, and every stream's length
// to its end.
func checkPDF(file []byte) error {
	if !bytes.HasPrefix(file, []byte("%PDF-1.4\n")) {
		return fmt.Errorf("no header")
	}
	end := startxref.FindSubmatch(file)
	if end == nil {
		return fmt.Errorf("no startxref at the end")
	}
	at, _ := strconv.Atoi(string(end[1]))
	var count int
	if _, err := fmt.Sscanf(string(file[at:]), "xref\n0 %d\n", &count); err != nil {
		return fmt.Errorf("no table at %d: %w", at, err)
	}
	entries := file[at+len(fmt.Sprintf("xref\n0 %d\n", count)):]
	for n := 1; n < count; n++ {
		offset, err := strconv.Atoi(string(entries[n*20 : n*20+10]))
		if err != nil || !bytes.HasPrefix(file[offset:], fmt.Appendf(nil, "%d 0 obj\n", n)) {
			return fmt.Errorf("object %d is not where the table says", n)
		}
	}
	for _, m := range stream.FindAllSubmatchIndex(file, -1) {
		length, _ := strconv.Atoi(string(file[m[2]:m[3]]))
		if m[1]+length > len(file) || !bytes.HasPrefix(file[m[1]+length:], []byte("endstream\nendobj\n")) {
			return fmt.Errorf("stream at %d does not end after %d bytes", m[1], length)
		}
	}
	return nil
}

func TestCSVTrailersAddUp(t *testing.T) {
	for _, d := range ofType(t, "text/csv") {
		rows, err := csv.NewReader(bytes.NewReader(d.Bytes)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", d.FileName, err)
		}
		column := 5 // the amount, or the points
		trailer := rows[len(rows)-1]
		var sum int64
		for _, row := range rows[2 : len(rows)-1] {
			sum += number(t, row[column])
		}
		if trailer[0] != "TRAILER" || trailer[1] != strconv.Itoa(len(rows)-3) || number(t, trailer[column]) != sum {
			t.Errorf("%s: trailer %q over %d rows with sum %d", d.FileName, trailer, len(rows)-3, sum)
		}
	}
}

// number reads 12.34 as 1234.
func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.Replace(text, ".", "", 1), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLogsAreTheSameThreeTimes(t *testing.T) {
	plain, lines := ofType(t, "text/plain")[0], ofType(t, "application/x-ndjson")[0]
	unzip, err := gzip.NewReader(bytes.NewReader(ofType(t, "application/gzip")[0].Bytes))
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(unzipped, lines.Bytes) {
		t.Error("the compressed extract is another one")
	}
	if a, b := bytes.Count(plain.Bytes, []byte("\n")), bytes.Count(lines.Bytes, []byte("\n")); a != b {
		t.Errorf("%d lines of text, %d of JSON", a, b)
	}
	for line := range bytes.Lines(lines.Bytes) {
		if !json.Valid(line) {
			t.Fatalf("not JSON: %s", line)
		}
	}
}
