package synthetic

import (
	"image"

	"golang.org/x/image/font/sfnt"
)

// canvas is a page in grey, white to begin with, for what is scanned afterwards. Pixels
// as coordinates.
type canvas struct{ *image.Gray }

func newCanvas(width, height int) canvas {
	c := canvas{image.NewGray(image.Rect(0, 0, width, height))}
	for i := range c.Pix {
		c.Pix[i] = 255
	}
	return c
}

func (c canvas) width() int  { return c.Rect.Dx() }
func (c canvas) height() int { return c.Rect.Dy() }

// paint fills the path with one shade.
func (c canvas) paint(p path, shade uint8) {
	p.fill(c.height(), func(y, from, to int) {
		for x := max(from, 0); x < min(to, c.width()); x++ {
			c.Pix[y*c.Stride+x] = shade
		}
	})
}

// print writes a line whose baseline begins at (x, y).
func (c canvas) print(f *sfnt.Font, size, x, y int, text string) {
	outlines, _ := typeset(f, size, x*px, y*px, text)
	c.paint(outlines, 0)
}

// printRight writes a line that ends at x.
func (c canvas) printRight(f *sfnt.Font, size, x, y int, text string) {
	_, width := typeset(f, size, 0, 0, text)
	c.print(f, size, x-width/px, y, text)
}

// field is a thin box with its small label inside.
func (c canvas) field(f *sfnt.Font, x, y, width, height int, label string) {
	c.paint(frame(x, y, width, height, 2), 60)
	c.print(f, 15, x+8, y+19, label)
}

// ink draws strokes with a round pen; thick is its diameter in pixels.
func (c canvas) ink(strokes [][]curve, thick int, shade uint8) {
	for _, stroke := range strokes {
		for _, piece := range stroke {
			steps := max(4, piece.reach()*2/px)
			for i := range steps + 1 {
				c.dot(piece.at(i, steps), thick, shade)
			}
		}
	}
}

// dot sets the pixels whose centre is within half of thick of the point.
func (c canvas) dot(at point, thick int, shade uint8) {
	reach := thick * px / 2
	for y := (at.y - reach) / px; y <= (at.y+reach)/px; y++ {
		for x := (at.x - reach) / px; x <= (at.x+reach)/px; x++ {
			dx, dy := x*px+px/2-at.x, y*px+px/2-at.y
			if dx*dx+dy*dy <= reach*reach && image.Pt(x, y).In(c.Rect) {
				c.Pix[y*c.Stride+x] = shade
			}
		}
	}
}

// reach is no less than half the curve's length, and no less than its ends are apart.
func (c curve) reach() int {
	sum := 0
	for i := range 3 {
		sum += max(abs(c[i+1].x-c[i].x), abs(c[i+1].y-c[i].y))
	}
	return sum
}

func abs(n int) int { return max(n, -n) }

// at gives the point after step of steps along the curve. 64 bits hold the products where
// an int may not.
func (c curve) at(step, steps int) point {
	n, i, j := int64(steps), int64(step), int64(steps-step)
	weights := [4]int64{j * j * j, 3 * j * j * i, 3 * j * i * i, i * i * i}
	var x, y int64
	for k, w := range weights {
		x += w * int64(c[k].x)
		y += w * int64(c[k].y)
	}
	return point{int(x / (n * n * n)), int(y / (n * n * n))}
}

// handwrite writes a line by hand.
func (c canvas) handwrite(h hand, x, y, height int, text string) {
	strokes, _ := h.write(x*px, y*px, height*px, text)
	c.ink(strokes, max(height/9, 2), 0)
}
