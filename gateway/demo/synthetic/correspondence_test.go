package synthetic_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"net/mail"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/bordereau/bordereau/gateway/demo/synthetic"
)

// letters are the correspondence of the smallest set whose file names have the ending.
func letters(t *testing.T, ending string) []synthetic.Document {
	t.Helper()
	var found []synthetic.Document
	for _, d := range documents(smallest()) {
		if d.Class == "correspondence" && strings.HasSuffix(d.FileName, ending) {
			found = append(found, d)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no %s", ending)
	}
	return found
}

// The directory of a compound file stands at its end, and leads to the text.
func TestOldWordFilesHaveTheirDirectoryAtTheEnd(t *testing.T) {
	for ending, stream := range map[string]string{".doc": "WordDocument", ".msg": "__properties_version1.0"} {
		b := letters(t, ending)[0].Bytes
		order := binary.LittleEndian
		directory := 512 * (int(order.Uint32(b[48:])) + 1)
		if directory < 4096 || directory+512 != len(b) {
			t.Fatalf("%s: the directory is at %d of %d", ending, directory, len(b))
		}
		entry := b[directory+128:]
		var name []uint16
		for i := range int(order.Uint16(entry[64:]))/2 - 1 {
			name = append(name, order.Uint16(entry[2*i:]))
		}
		start, size := order.Uint32(entry[116:]), order.Uint64(entry[120:])
		if got := string(utf16.Decode(name)); got != stream || !strings.HasPrefix(string(b[512*(start+1):]), "Bonjour") || size < 4096 {
			t.Errorf("%s: stream %q from sector %d, %d bytes", ending, got, start, size)
		}
		table := b[512*(order.Uint32(b[76:])+1):]
		steps := 1
		for at := start; order.Uint32(table[4*at:]) < 0xfffffff0; at = order.Uint32(table[4*at:]) {
			steps++
		}
		if want := (int(size) + 511) / 512; steps != want {
			t.Errorf("%s: the chain has %d sectors, want %d", ending, steps, want)
		}
	}
}

func TestNewOfficeFilesAreArchives(t *testing.T) {
	for _, ending := range []string{".docx", ".xlsx"} {
		b := letters(t, ending)[0].Bytes
		r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil || r.File[0].Name != "[Content_Types].xml" {
			t.Errorf("%s: %v", ending, err)
		}
	}
}

func TestMessagesCanBeRead(t *testing.T) {
	for _, d := range letters(t, ".eml") {
		m, err := mail.ReadMessage(bytes.NewReader(d.Bytes))
		if err != nil || m.Header.Get("From") == "" {
			t.Errorf("%s: %v", d.FileName, err)
			continue
		}
		if body, err := io.ReadAll(m.Body); err != nil || !strings.Contains(string(body), "Bonjour") {
			t.Errorf("%s: %q, %v", d.FileName, body, err)
		}
	}
}

func TestTheLargeFormOfTIFF(t *testing.T) {
	b := letters(t, ".tif")[0].Bytes
	order := binary.LittleEndian
	directory := order.Uint64(b[8:])
	if string(b[:4]) != "II+\x00" || order.Uint64(b[directory:]) != 9 || directory+8+9*20+8 != uint64(len(b)) {
		t.Errorf("directory at %d of %d bytes", directory, len(b))
	}
}

func TestTheBoxesOfARecording(t *testing.T) {
	b := letters(t, ".m4a")[0].Bytes
	var boxes []string
	for len(b) >= 8 {
		n := binary.BigEndian.Uint32(b)
		boxes = append(boxes, string(b[4:8]))
		b = b[n:]
	}
	if got := strings.Join(boxes, " "); got != "ftyp moov mdat" || len(b) != 0 {
		t.Errorf("boxes %s, and %d bytes", got, len(b))
	}
}
