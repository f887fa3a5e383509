package synthetic

import (
	"cmp"
	"slices"
)

// point is a place on a picture, in 64ths of a pixel, y downwards. Everything drawn is
// made of these whole numbers.
type point struct{ x, y int }

// px is one pixel.
const px = 64

// path is a set of closed outlines; where they run around a pixel's centre, the pixel is
// inside (non-zero winding).
type path [][]point

// move gives the path with every point changed.
func (p path) move(change func(point) point) path {
	moved := make(path, len(p))
	for i, outline := range p {
		moved[i] = make([]point, len(outline))
		for j, at := range outline {
			moved[i][j] = change(at)
		}
	}
	return moved
}

// rectangle is a path with one outline; pixels as arguments.
func rectangle(x, y, width, height int) path {
	x, y, width, height = x*px, y*px, width*px, height*px
	return path{{{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}}}
}

// frame is the border of a rectangle: an outline and its hole.
func frame(x, y, width, height, thick int) path {
	hole := rectangle(x+thick, y+thick, width-2*thick, height-2*thick)[0]
	slices.Reverse(hole)
	return append(rectangle(x, y, width, height), hole)
}

// polygon is a path with one outline; pixels as arguments, x and y in turn.
func polygon(coordinates ...int) path {
	var outline []point
	for i := 0; i+1 < len(coordinates); i += 2 {
		outline = append(outline, point{coordinates[i] * px, coordinates[i+1] * px})
	}
	return path{outline}
}

// disc is a circle of 64 corners, good up to a few hundred pixels.
func disc(x, y, radius int) path {
	var outline []point
	for i := range 64 {
		sin, cos := sine(i), sine(i+16)
		outline = append(outline, point{x*px + radius*px*cos/1024, y*px + radius*px*sin/1024})
	}
	return path{outline}
}

// sine gives 1024·sin(2π·i/64), by a parabola with Bhaskara's correction: within 2 of the
// truth, in whole numbers.
func sine(i int) int {
	i &= 63
	half := i & 31
	square := half * (32 - half)
	value := 1024 * 16 * square / (5*32*32 - 4*square)
	if i >= 32 {
		return -value
	}
	return value
}

type crossing struct{ x, winding int }

// fill calls span for every run of pixels [from, to) of row y that is inside the path.
func (p path) fill(height int, span func(y, from, to int)) {
	top, bottom := p.rows(height)
	for y := top; y < bottom; y++ {
		crossings := p.crossings(y*px + px/2)
		winding := 0
		for i, c := range crossings {
			if winding != 0 {
				span(y, pixelAfter(crossings[i-1].x), pixelAfter(c.x))
			}
			winding += c.winding
		}
	}
}

// rows gives the rows that the path touches, within a picture's height.
func (p path) rows(height int) (top, bottom int) {
	top, bottom = height, 0
	for _, outline := range p {
		for _, at := range outline {
			top, bottom = min(top, at.y>>6), max(bottom, at.y>>6+1)
		}
	}
	return max(top, 0), min(bottom, height)
}

// crossings gives where the outlines cross the line y, from left to right.
func (p path) crossings(y int) []crossing {
	var found []crossing
	for _, outline := range p {
		for i, from := range outline {
			to := outline[(i+1)%len(outline)]
			switch {
			case from.y <= y && y < to.y:
				found = append(found, crossing{between(from, to, y), 1})
			case to.y <= y && y < from.y:
				found = append(found, crossing{between(to, from, y), -1})
			}
		}
	}
	slices.SortFunc(found, func(a, b crossing) int { return cmp.Compare(a.x, b.x) })
	return found
}

// between gives x where the line from upper to lower is at y. 64 bits hold the product
// where an int may not.
func between(upper, lower point, y int) int {
	return upper.x + int(int64(lower.x-upper.x)*int64(y-upper.y)/int64(lower.y-upper.y))
}

// pixelAfter gives the first pixel whose centre is at or after x.
func pixelAfter(x int) int { return (x + px/2 - 1) >> 6 }
