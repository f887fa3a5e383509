package synthetic

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
)

// A photograph, in pixels.
const photoWidth, photoHeight = 960, 640

// photo draws a damaged car at the roadside as a telephone's camera would take it.
func photo(seed uint64, n int, t typefaces, c claim) []byte {
	s := newSource(seed, fmt.Sprintf("photo %d", n))
	p := picture{image.NewRGBA(image.Rect(0, 0, photoWidth, photoHeight))}
	p.roadside(s)
	p.car(s, s.between(-60, 60), s.between(-10, 40), t, c.vehicle.plate)
	p.blur()
	p.grain(s)
	date, _ := typeset(t.mono, 24, 640*px, 610*px, c.when.Format("2006-01-02 15:04"))
	p.paint(date, color.RGBA{250, 160, 40, 255})
	mark, _ := typeset(t.bold, 20, 24*px, 610*px, "SPECIMEN")
	p.paint(mark, color.RGBA{250, 250, 250, 255})
	var out bytes.Buffer
	if err := jpeg.Encode(&out, p, &jpeg.Options{Quality: 78}); err != nil {
		panic(err) // writing to memory
	}
	return out.Bytes()
}

// picture is a colour image.
type picture struct{ *image.RGBA }

func (p picture) paint(shape path, c color.RGBA) {
	p.paintAs(shape, func(int, int) color.RGBA { return c })
}

func (p picture) paintAs(shape path, shade func(x, y int) color.RGBA) {
	shape.fill(photoHeight, func(y, from, to int) {
		for x := max(from, 0); x < min(to, photoWidth); x++ {
			p.SetRGBA(x, y, shade(x, y))
		}
	})
}

// blend mixes two colours: all of a at 0, all of b at 256.
func blend(a, b color.RGBA, part int) color.RGBA {
	part = min(max(part, 0), 256)
	mix := func(x, y uint8) uint8 { return uint8((int(x)*(256-part) + int(y)*part) / 256) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// roadside paints sky, houses, hedge, kerb and road.
func (p picture) roadside(s *source) {
	skyTop, skyLow := color.RGBA{120, 160, 205, 255}, color.RGBA{225, 230, 232, 255}
	p.paintAs(rectangle(0, 0, photoWidth, 330), func(_, y int) color.RGBA { return blend(skyTop, skyLow, y) })
	for x := -40; x < photoWidth; {
		width, height := s.between(120, 230), s.between(120, 230)
		wall := color.RGBA{uint8(s.between(150, 215)), uint8(s.between(140, 190)), uint8(s.between(120, 170)), 255}
		p.paint(rectangle(x, 330-height, width, height), wall)
		p.paint(polygon(x-8, 330-height, x+width/2, 330-height-50, x+width+8, 330-height), color.RGBA{120, 70, 55, 255})
		for w := x + 22; w < x+width-40; w += 56 {
			p.paint(rectangle(w, 330-height+35, 28, 40), color.RGBA{70, 84, 98, 255})
		}
		x += width + s.between(5, 40)
	}
	for x := 0; x < photoWidth; x += 14 {
		green := uint8(s.between(80, 115))
		p.paint(disc(x, 330+s.between(-8, 4), s.between(18, 32)), color.RGBA{green / 2, green, green / 3, 255})
	}
	p.paint(rectangle(0, 345, photoWidth, 60), color.RGBA{170, 168, 162, 255})
	p.paint(rectangle(0, 400, photoWidth, 12), color.RGBA{205, 203, 196, 255})
	near, far := color.RGBA{74, 75, 79, 255}, color.RGBA{112, 113, 116, 255}
	p.paintAs(rectangle(0, 412, photoWidth, photoHeight-412), func(_, y int) color.RGBA { return blend(far, near, y-412) })
	for x := -20; x < photoWidth; x += 220 {
		p.paint(polygon(x, 590, x+120, 590, x+110, 602, x-14, 602), color.RGBA{222, 222, 214, 255})
	}
}

// blur averages each pixel with its neighbours, as a small lens does.
func (p picture) blur() {
	from := bytes.Clone(p.Pix)
	for y := 1; y < photoHeight-1; y++ {
		for i := y*p.Stride + 4; i < (y+1)*p.Stride-4; i++ {
			sum := 4*int(from[i]) + 2*(int(from[i-4])+int(from[i+4])+int(from[i-p.Stride])+int(from[i+p.Stride])) +
				int(from[i-p.Stride-4]) + int(from[i-p.Stride+4]) + int(from[i+p.Stride-4]) + int(from[i+p.Stride+4])
			p.Pix[i] = uint8(sum / 16)
		}
	}
}

// grain adds a sensor's noise and darkens the corners.
func (p picture) grain(s *source) {
	for y := range photoHeight {
		for x := range photoWidth {
			dx, dy := x-photoWidth/2, y-photoHeight/2
			shade := 256 - (dx*dx+dy*dy)*70/(photoWidth*photoWidth/4+photoHeight*photoHeight/4)
			noise := s.between(-5, 5)
			at := y*p.Stride + x*4
			for i := at; i < at+3; i++ {
				p.Pix[i] = uint8(min(max(int(p.Pix[i])*shade/256+noise, 0), 255))
			}
		}
	}
}
