package synthetic

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// curve is a cubic Bézier curve: where the pen starts, two controls, where it ends.
type curve [4]point

// hand is a person's handwriting: an alphabet of pen strokes, with the writer's slant and
// unsteadiness.
type hand struct {
	chance *source
	slant  int // in tenths of the height
}

func newHand(s *source) hand { return hand{chance: s, slant: s.between(1, 3)} }

// write gives the strokes of a line of text that begins at (x, y) on the baseline, and
// its width. Capitals are as high as height, in the caller's unit.
func (h hand) write(x, y, height int, text string) (strokes [][]curve, width int) {
	var over point // where an accent on the last letter begins
	for _, r := range norm.NFD.String(strings.ReplaceAll(text, "ß", "ss")) {
		if accent, isAccent := accents[r]; isAccent {
			strokes = append(strokes, h.strokes(over.x, over.y, height, accent)...)
			continue
		}
		g, known := alphabet[r]
		if !known {
			g = alphabet[' ']
		}
		over = point{x + width + (g.width-6)*height/18, y}
		if unicode.IsUpper(r) {
			over.y -= height / 3
		}
		strokes = append(strokes, h.strokes(x+width, y+h.chance.between(-height, height)/20, height, g.strokes)...)
		width += g.advance(height) * h.chance.between(94, 106) / 100
	}
	return strokes, width
}

func (l letter) advance(height int) int { return (l.width*height + height/2) / 9 }

// wide estimates the width of a line, without drawing random numbers.
func (h hand) wide(height int, text string) int {
	width := 0
	for _, r := range norm.NFD.String(text) {
		width += alphabet[r].advance(height)
	}
	return width
}

// strokes reads the strokes of one letter: points of two digits in base 36, x to the
// right and y upwards with the baseline at 4, strokes apart by a semicolon.
func (h hand) strokes(x, y, height int, description string) [][]curve {
	var all [][]curve
	for stroke := range strings.SplitSeq(description, ";") {
		var points []point
		for p := range strings.FieldsSeq(stroke) {
			right, up := digit36(p[0])*height/9, (digit36(p[1])-4)*height/9
			wobble := max(height/36, 1)
			points = append(points, point{
				x + right + up*h.slant/10 + h.chance.between(-wobble, wobble),
				y - up + h.chance.between(-wobble, wobble),
			})
		}
		all = append(all, smooth(points))
	}
	return all
}

func digit36(c byte) int {
	if c >= 'a' {
		return int(c-'a') + 10
	}
	return int(c - '0')
}

// smooth leads a curve through the points (Catmull-Rom).
func smooth(points []point) []curve {
	var curves []curve
	for i := range len(points) - 1 {
		before, from, to, after := points[max(i-1, 0)], points[i], points[i+1], points[min(i+2, len(points)-1)]
		curves = append(curves, curve{
			from,
			{from.x + (to.x-before.x)/6, from.y + (to.y-before.y)/6},
			{to.x - (after.x-from.x)/6, to.y - (after.y-from.y)/6},
			to,
		})
	}
	return curves
}

// sign gives a signature: loops that lean forward and end in a long stroke.
func (h hand) sign(x, y, height int) [][]curve {
	points := []point{{x, y}}
	for range h.chance.between(5, 8) {
		x += height * h.chance.between(1, 4) / 6
		points = append(points,
			point{x, y - height*h.chance.between(5, 12)/10},
			point{x - height/4, y - height*h.chance.between(2, 7)/10},
			point{x + height/6, y + height*h.chance.between(-1, 4)/10})
	}
	flourish := []point{{x + height/3, y + height/4}, {x - height*2, y + height/3}, {x + height*2, y + height/6}}
	return [][]curve{smooth(points), smooth(flourish)}
}
