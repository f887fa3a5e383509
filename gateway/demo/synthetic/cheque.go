package synthetic

import (
	"fmt"
	"time"
)

// cheque is one item of a deposit.
type cheque struct {
	number string
	line   string // the code line at its foot
	amount cents
	drawer person
	payee  string
	day    time.Time
}

// A cheque of 175 × 80 mm at 150 dots per inch.
const chequeWidth, chequeHeight = 1034, 472

func newCheque(seed uint64, n int) cheque {
	s := newSource(seed, fmt.Sprintf("cheque %d", n))
	number := s.digits(7)
	return cheque{
		number: number,
		line:   number + "  " + noBank + s.digits(7) + "  " + s.digits(12),
		amount: cents(s.between(1200, 480000)),
		drawer: newPerson(s),
		payee:  pick(s, []string{"Assurances Démo", "Garage de l'Épreuve", "Mairie de Démoville", "Cabinet Fictivet"}),
		day:    dayIn2026(time.March, s.between(1, 27)),
	}
}

// front draws the face as a scanner of a cheque centre gives it.
func (c cheque) front(seed uint64, n int, t typefaces) []byte {
	s := newSource(seed, fmt.Sprintf("cheque front %d", n))
	h := newHand(s)
	face := newCanvas(chequeWidth, chequeHeight)
	face.guilloche()
	face.specimen(t)
	face.paint(frame(6, 6, chequeWidth-12, chequeHeight-12, 2), 0)
	face.print(t.bold, 28, 30, 50, "BANQUE FICTIVE")
	face.print(t.regular, 14, 30, 72, "établissement de démonstration, sans agrément")
	face.print(t.regular, 17, 300, 50, "Chèque n° "+c.number)
	face.print(t.regular, 17, 30, 112, "Payez contre ce chèque non endossable, sauf au profit d'une banque")
	words := wrapped(c.amount.words(), 34)
	for i := range 2 {
		face.paint(rectangle(30, 160+i*48, 660, 2), 0)
		if i < len(words) {
			face.handwrite(h, 60, 155+i*48, 27, words[i])
		}
	}
	face.print(t.regular, 17, 30, 250, "à")
	face.paint(rectangle(50, 254, 640, 2), 0)
	face.handwrite(h, 80, 248, 28, c.payee)
	face.paint(rectangle(730, 120, 270, 62), 255)
	face.paint(frame(730, 120, 270, 62, 3), 0)
	face.print(t.bold, 26, 742, 160, "€")
	face.handwrite(h, 785, 166, 34, c.amount.written())
	face.print(t.regular, 16, 730, 225, "À")
	face.handwrite(h, 765, 224, 24, "Démoville")
	face.print(t.regular, 16, 730, 262, "Le")
	face.handwrite(h, 765, 262, 24, french(c.day))
	for i, line := range []string{"Payable en France", "1, place du Spécimen", "00100 Démoville", "Tél. 01 99 00 00 00"} {
		face.print(t.regular, 15, 30, 290+i*21, line)
	}
	for i, line := range []string{c.drawer.name(), c.drawer.street, c.drawer.town} {
		face.print(t.regular, 17, 330, 295+i*24, line)
	}
	face.ink(h.sign(740*px, 345*px, 46*px), 3, 0)
	face.paint(rectangle(8, 392, chequeWidth-16, 72), 255)
	face.codeLine(t, 60, 442, c.line)
	return bilevelTIFF(scanned(s, face), scanDPI)
}

// codeLine prints figures cut by thin bars. It looks like a cheque's magnetic line from
// afar and is none.
func (c canvas) codeLine(t typefaces, x, y int, line string) {
	outlines, width := typeset(t.mono, 38, x*px, y*px, line)
	c.paint(outlines, 0)
	for bar := x + 4; bar < x+width/px; bar += 6 {
		c.paint(rectangle(bar, y-32, 2, 34), 255)
	}
}

// guilloche is the fine pattern of a cheque's paper, here waves of dots.
func (c canvas) guilloche() {
	for y := 12; y < c.height(); y += 14 {
		for x := 10; x < c.width(); x += 5 {
			c.dot(point{x*px + px/2, y*px + sine(x/4+y)*6/16}, 1, 0)
		}
	}
}

// specimen writes SPECIMEN across the face in hatched letters.
func (c canvas) specimen(t typefaces) {
	outlines, _ := typeset(t.bold, 150, 110*px, 330*px, "SPECIMEN")
	inclined := outlines.move(func(at point) point { return point{at.x, at.y - (at.x-500*px)*12/100} })
	inclined.fill(c.height(), func(y, from, to int) {
		for x := max(from, 0); x < min(to, c.width()); x++ {
			if (x+y)%8 == 0 {
				c.Pix[y*c.Stride+x] = 0
			}
		}
	})
}

// back draws the reverse: the endorsement and the centre's print.
func (c cheque) back(seed uint64, n int, t typefaces) []byte {
	s := newSource(seed, fmt.Sprintf("cheque back %d", n))
	h := newHand(s)
	face := newCanvas(chequeWidth, chequeHeight)
	face.paint(frame(6, 6, chequeWidth-12, chequeHeight-12, 2), 0)
	face.paint(rectangle(700, 6, 2, chequeHeight-12), 0)
	face.print(t.regular, 17, 720, 50, "Endos et numéro de compte")
	face.handwrite(h, 730, 110, 22, s.digits(5)+" "+s.digits(11))
	face.ink(h.sign(760*px, 200*px, 50*px), 3, 0)
	face.handwrite(h, 730, 270, 22, french(c.day.AddDate(0, 0, 2)))
	face.print(t.mono, 19, 60, 420, fmt.Sprintf("REMISE DEMO %06d  %s  SPECIMEN", n+1, c.day.AddDate(0, 0, 3).Format("20060102")))
	face.stamp(s, t, 150, 250, "BANQUE FICTIVE", "ENCAISSEMENT")
	return bilevelTIFF(scanned(s, face), scanDPI)
}
