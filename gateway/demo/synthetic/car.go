package synthetic

import "image/color"

// car paints the vehicle from its left side, with the damage at its front.
func (p picture) car(s *source, dx, dy int, t typefaces, plate string) {
	body := pick(s, []color.RGBA{{150, 30, 34, 255}, {38, 70, 130, 255}, {190, 192, 196, 255}, {52, 90, 66, 255}})
	dark := blend(body, color.RGBA{0, 0, 0, 255}, 110)
	light := blend(body, color.RGBA{255, 255, 255, 255}, 100)
	move := func(at point) point { return point{at.x + dx*px, at.y + dy*px} }
	paint := func(shape path, c color.RGBA) { p.paint(shape.move(move), c) }

	paint(polygon(150, 520, 830, 520, 800, 545, 180, 545), color.RGBA{45, 45, 48, 255}) // shadow
	hull := polygon(128, 430, 150, 385, 250, 365, 345, 285, 600, 280, 690, 362, 800, 380, 838, 420, 842, 480, 815, 505, 150, 505, 126, 480)
	p.paintAs(hull.move(move), func(_, y int) color.RGBA {
		return blend(light, dark, (y-dy-285)*256/230)
	})
	glass := color.RGBA{62, 80, 92, 255}
	paint(polygon(282, 362, 358, 300, 452, 296, 452, 362), glass)
	paint(polygon(470, 296, 590, 294, 660, 360, 470, 362), glass)
	paint(polygon(310, 350, 368, 306, 392, 305, 330, 352), color.RGBA{120, 142, 155, 255})
	paint(rectangle(460, 365, 3, 130), dark)
	paint(rectangle(650, 370, 3, 120), dark)
	paint(rectangle(262, 368, 3, 125), dark)
	paint(rectangle(486, 390, 40, 7), dark)
	paint(rectangle(290, 390, 40, 7), dark)
	for _, x := range []int{235, 725} {
		p.wheel(x+dx, 500+dy)
	}
	paint(polygon(128, 425, 160, 405, 166, 430, 132, 446), color.RGBA{190, 40, 30, 255})
	paint(polygon(790, 395, 826, 410, 836, 432, 796, 428), color.RGBA{235, 230, 205, 255})
	p.damage(s, move, body, dark)
	paint(rectangle(796, 458, 92, 24), color.RGBA{238, 238, 232, 255})
	letters, _ := typeset(t.bold, 14, 802*px, 475*px, plate)
	paint(letters, color.RGBA{20, 20, 24, 255})
}

func (p picture) wheel(x, y int) {
	p.paint(disc(x, y, 62), color.RGBA{20, 20, 22, 255})
	p.paint(disc(x, y, 52), color.RGBA{34, 34, 37, 255})
	p.paint(disc(x, y, 33), color.RGBA{158, 160, 164, 255})
	for i := range 5 {
		p.paint(disc(x+sine(i*13)*20/1024, y+sine(i*13+16)*20/1024, 7), color.RGBA{60, 61, 64, 255})
	}
	p.paint(disc(x, y, 7), color.RGBA{60, 61, 64, 255})
}

// damage paints a dent with its shadows, cracks in the lamp, and scratches to the bare
// metal.
func (p picture) damage(s *source, move func(point) point, body, dark color.RGBA) {
	x, y := s.between(745, 790), s.between(400, 440)
	for ring := 6; ring > 0; ring-- {
		var dent []int
		for i := range 16 {
			reach := ring * s.between(6, 11)
			dent = append(dent, x+sine(i*4)*reach/1024, y+sine(i*4+16)*reach*6/10/1024)
		}
		p.paint(polygon(dent...).move(move), blend(body, dark, 300-ring*40))
	}
	for range s.between(9, 16) {
		x1, y1 := x+s.between(-190, 60), y+s.between(-10, 60)
		length, drop := s.between(25, 110), s.between(-6, 10)
		scratch := polygon(x1, y1, x1+length, y1+drop, x1+length, y1+drop+2, x1, y1+1)
		p.paint(scratch.move(move), blend(body, color.RGBA{225, 222, 215, 255}, s.between(120, 240)))
	}
	for i := range 7 {
		crack := polygon(812, 414, 812+sine(i*9)*26/1024, 414+sine(i*9+16)*18/1024, 814, 416)
		p.paint(crack.move(move), color.RGBA{70, 66, 60, 255})
	}
	for range 30 { // pieces on the road
		px1, py1 := s.between(700, 930), s.between(525, 575)
		p.paint(polygon(px1, py1, px1+s.between(3, 9), py1+2, px1+4, py1+s.between(3, 7)), blend(body, color.RGBA{220, 220, 210, 255}, s.between(0, 256)))
	}
}
