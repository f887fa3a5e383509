package synthetic

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// pdf writes PDF 1.4 with the standard fonts, which every reader has, and no compression,
// so that its bytes can be read. Coordinates are tenths of a point from the page's upper
// left corner.
type pdf struct {
	title string
	pages []*pdfPage
}

type pdfPage struct{ operators bytes.Buffer }

// A4, in tenths of a point.
const pageWidth, pageHeight = 5950, 8420

// pdfFont is the resource name of a standard font.
type pdfFont string

const (
	sans       pdfFont = "F1"
	sansBold   pdfFont = "F2"
	fixedPitch pdfFont = "F3"
)

var pdfFonts = []struct {
	name pdfFont
	base string
}{
	{sans, "Helvetica"}, {sansBold, "Helvetica-Bold"}, {fixedPitch, "Courier"},
}

// colour is red, green and blue in percent.
type colour [3]int

var (
	black    = colour{0, 0, 0}
	grey     = colour{45, 45, 48}
	paleBlue = colour{91, 94, 98}
	darkBlue = colour{8, 22, 48}
	inkBlue  = colour{10, 16, 58}
	inkBlack = colour{12, 12, 14}
	red      = colour{75, 10, 12}
)

func (d *pdf) page() *pdfPage {
	p := new(pdfPage)
	d.pages = append(d.pages, p)
	return p
}

func (p *pdfPage) op(format string, args ...any) {
	fmt.Fprintf(&p.operators, format+"\n", args...)
}

// tenths writes a coordinate in points.
func tenths(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	if n%10 == 0 {
		return fmt.Sprintf("%s%d", sign, n/10)
	}
	return fmt.Sprintf("%s%d.%d", sign, n/10, n%10)
}

func at(x, y int) string { return tenths(x) + " " + tenths(pageHeight-y) }

func (c colour) String() string {
	return fmt.Sprintf("0.%02d 0.%02d 0.%02d", c[0], c[1], c[2])
}

// text writes a line whose baseline begins at (x, y), size in tenths.
func (p *pdfPage) text(f pdfFont, size, x, y int, c colour, line string) {
	p.op("BT /%s %s Tf %s rg %s Td (%s) Tj ET", f, tenths(size), c, at(x, y), pdfString(line))
}

// figures writes a line that ends at x, in the font whose characters are all 0.6 of its
// size wide.
func (p *pdfPage) figures(size, x, y int, c colour, line string) {
	width := len([]rune(line)) * size * 6 / 10
	p.text(fixedPitch, size, x-width, y, c, line)
}

func (p *pdfPage) box(x, y, width, height int, c colour) {
	p.op("0.6 w %s RG %s %s %s re S", c, at(x, y+height), tenths(width), tenths(height))
}

func (p *pdfPage) fill(x, y, width, height int, c colour) {
	p.op("%s rg %s %s %s re f", c, at(x, y+height), tenths(width), tenths(height))
}

func (p *pdfPage) line(x1, y1, x2, y2, thick int, c colour) {
	p.op("%s w %s RG %s m %s l S", tenths(thick), c, at(x1, y1), at(x2, y2))
}

// ink draws strokes with a round pen.
func (p *pdfPage) ink(strokes [][]curve, thick int, c colour) {
	p.op("q 1 J 1 j %s w %s RG", tenths(thick), c)
	for _, stroke := range strokes {
		for i, piece := range stroke {
			if i == 0 {
				p.op("%s m", at(piece[0].x, piece[0].y))
			}
			p.op("%s %s %s c", at(piece[1].x, piece[1].y), at(piece[2].x, piece[2].y), at(piece[3].x, piece[3].y))
		}
	}
	p.op("S Q")
}

// handwrite writes a line by hand and gives its width.
func (p *pdfPage) handwrite(h hand, x, y, height int, c colour, line string) int {
	strokes, width := h.write(x, y, height, line)
	p.ink(strokes, 9, c)
	return width
}

// pdfString gives the inside of a string literal in WinAnsiEncoding; what it has no
// character for becomes `?`.
func pdfString(line string) string {
	var b strings.Builder
	for _, r := range line {
		c, ok := charmap.Windows1252.EncodeRune(r)
		switch {
		case !ok:
			b.WriteByte('?')
		case c == '(' || c == ')' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// bytes puts the file together: objects 1 catalogue, 2 page tree, 3 particulars, then the
// fonts, then two for each page; the cross-reference table says where each begins.
func (d *pdf) bytes() []byte {
	w := &pdfWriter{}
	w.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	firstPage := 4 + len(pdfFonts)
	var kids []string
	for i := range d.pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", firstPage+2*i))
	}
	w.object("<< /Type /Catalog /Pages 2 0 R >>")
	w.object("<< /Type /Pages /Count %d /Kids [%s] >>", len(kids), strings.Join(kids, " "))
	w.object("<< /Title (%s) /Producer (Bordereau synthetic) >>", pdfString(d.title))
	var fonts []string
	for i, f := range pdfFonts {
		w.object("<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>", f.base)
		fonts = append(fonts, fmt.Sprintf("/%s %d 0 R", f.name, 4+i))
	}
	for i, p := range d.pages {
		w.object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s %s] /Resources << /Font << %s >> >> /Contents %d 0 R >>",
			tenths(pageWidth), tenths(pageHeight), strings.Join(fonts, " "), firstPage+2*i+1)
		w.object("<< /Length %d >>\nstream\n%sendstream", p.operators.Len(), p.operators.Bytes())
	}
	w.finish()
	return w.Bytes()
}

type pdfWriter struct {
	bytes.Buffer
	offsets []int
}

func (w *pdfWriter) object(format string, args ...any) {
	w.offsets = append(w.offsets, w.Len())
	fmt.Fprintf(w, "%d 0 obj\n", len(w.offsets))
	fmt.Fprintf(w, format, args...)
	w.WriteString("\nendobj\n")
}

// finish writes the cross-reference table, whose lines are exactly 20 bytes, and the
// trailer.
func (w *pdfWriter) finish() {
	table := w.Len()
	fmt.Fprintf(w, "xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, offset := range w.offsets {
		fmt.Fprintf(w, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(w, "trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(w.offsets)+1, table)
}
