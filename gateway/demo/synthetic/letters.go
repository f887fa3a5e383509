package synthetic

import (
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// typefaces are the printed letters of pictures: the Go fonts, whose outlines come out in
// whole numbers.
type typefaces struct{ regular, bold, mono *sfnt.Font }

func newTypefaces() typefaces {
	return typefaces{regular: parse(goregular.TTF), bold: parse(gobold.TTF), mono: parse(gomono.TTF)}
}

func parse(ttf []byte) *sfnt.Font {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		panic(err) // compiled in
	}
	return f
}

// typeset gives the outlines of a line of text whose baseline begins at (x, y), and its
// width; all but size in 64ths.
func typeset(f *sfnt.Font, size, x, y int, text string) (outlines path, width int) {
	var buffer sfnt.Buffer
	ppem := fixed.I(size)
	for _, r := range text {
		glyph, err := f.GlyphIndex(&buffer, r)
		if err != nil {
			panic(err) // the font is compiled in
		}
		segments, err := f.LoadGlyph(&buffer, glyph, ppem, nil)
		if err != nil {
			panic(err)
		}
		outlines = append(outlines, flatten(segments, point{x + width, y})...)
		advance, err := f.GlyphAdvance(&buffer, glyph, ppem, font.HintingNone)
		if err != nil {
			panic(err)
		}
		width += int(advance)
	}
	return outlines, width
}

// flatten turns a glyph's lines and curves into corners.
func flatten(segments sfnt.Segments, origin point) path {
	var p path
	at := func(a fixed.Point26_6) point { return point{origin.x + int(a.X), origin.y + int(a.Y)} }
	for _, s := range segments {
		if s.Op == sfnt.SegmentOpMoveTo {
			p = append(p, []point{at(s.Args[0])})
			continue
		}
		outline := &p[len(p)-1]
		switch s.Op {
		case sfnt.SegmentOpLineTo:
			*outline = append(*outline, at(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			*outline = appendQuadratic(*outline, at(s.Args[0]), at(s.Args[1]))
		}
	}
	return p
}

// appendQuadratic follows a quadratic Bézier curve in five steps.
func appendQuadratic(to []point, control, end point) []point {
	start := to[len(to)-1]
	for i := 1; i <= 5; i++ {
		a, b, c := (5-i)*(5-i), 2*i*(5-i), i*i
		to = append(to, point{
			(a*start.x + b*control.x + c*end.x) / 25,
			(a*start.y + b*control.y + c*end.y) / 25,
		})
	}
	return to
}
