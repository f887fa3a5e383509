package synthetic

import "fmt"

// circumstances is the second page: the other driver, and a sketch of the place.
func (f *form) circumstances(c claim, pages int) {
	p := f.sheet(2, pages)
	f.section(p, 1120, "5   Le conducteur du véhicule B")
	f.field(p, 400, 1350, 2550, "Nom, prénom", c.other.name())
	f.field(p, 3000, 1350, 2550, "Téléphone", c.other.phone)
	f.field(p, 400, 1730, 2550, "Adresse", c.other.street)
	f.field(p, 3000, 1730, 2550, "Code postal, ville", c.other.town)
	f.field(p, 400, 2110, 2550, "Marque, modèle", c.opposing.model)
	f.field(p, 3000, 2110, 2550, "Immatriculation", c.opposing.plate)
	for i, label := range []string{"Dégâts matériels à d'autres véhicules", "Blessés, même légers", "Témoins"} {
		f.tick(p, 420+i*1900, 2600, label, i == 0)
	}
	f.section(p, 2900, "6   Croquis de l'accident au moment du choc")
	p.box(400, 3120, 5150, 3700, grey)
	for x := 600; x < 5500; x += 200 {
		p.line(x, 3120, x, 6820, 1, paleBlue)
	}
	for y := 3320; y < 6800; y += 200 {
		p.line(400, y, 5550, y, 1, paleBlue)
	}
	f.sketch(p)
	f.write(p, 560, 6700, c.place)
	p.text(sans, 80, 400, 7090, black, "Signatures des deux conducteurs")
	p.box(400, 7180, 2500, 700, grey)
	p.box(3050, 7180, 2500, 700, grey)
	p.ink(f.hand.sign(800, 7640, 330), 11, f.ink)
	p.ink(newHand(f.hand.chance).sign(3500, 7620, 300), 9, inkBlack)
}

// sketch draws a crossing with the two vehicles, by hand.
func (f *form) sketch(p *pdfPage) {
	pen := func(points ...point) { p.ink([][]curve{f.shaky(points)}, 11, f.ink) }
	pen(point{560, 4600}, point{2350, 4580}, point{2420, 3300})
	pen(point{3300, 3280}, point{3320, 4590}, point{5400, 4560})
	pen(point{560, 5450}, point{2380, 5430}, point{2400, 6480})
	pen(point{3290, 6500}, point{3310, 5440}, point{5400, 5470})
	for x := 700; x < 2200; x += 400 {
		pen(point{x, 5020}, point{x + 200, 5010})
	}
	f.car(p, 1700, 5080, 700, 280, "A")
	f.car(p, 2880, 5180, 280, 700, "B")
	pen(point{900, 5220}, point{1600, 5210})
	pen(point{1480, 5140}, point{1610, 5210}, point{1470, 5290})
	pen(point{3020, 6440}, point{3010, 5980})
	pen(point{2930, 6080}, point{3015, 5970}, point{3090, 6090})
	for i := range 5 { // where they met
		from, to := sine(i*13), sine(i*13+16)
		pen(point{2640 + from/8, 5220 + to/8}, point{2640 + from/5, 5220 + to/5})
	}
}

func (f *form) car(p *pdfPage, x, y, width, height int, name string) {
	p.ink([][]curve{
		f.shaky([]point{{x, y}, {x + width, y}}), f.shaky([]point{{x + width, y}, {x + width, y + height}}),
		f.shaky([]point{{x + width, y + height}, {x, y + height}}), f.shaky([]point{{x, y + height}, {x, y}}),
	}, 13, f.ink)
	p.handwrite(f.hand, x+width/2-50, y+height/2+60, 150, f.ink, name)
}

// shaky leads a hand-drawn line through the points.
func (f *form) shaky(points []point) []curve {
	drawn := make([]point, len(points))
	for i, at := range points {
		drawn[i] = point{at.x + f.hand.chance.between(-18, 18), at.y + f.hand.chance.between(-18, 18)}
	}
	return smooth(drawn)
}

// damageList is the third page: what is broken, and the workshop's estimate.
func (f *form) damageList(c claim, pages int) {
	p := f.sheet(3, pages)
	f.section(p, 1120, "7   Dégâts constatés et estimation du réparateur")
	p.text(sansBold, 85, 470, 1500, black, "Élément")
	p.text(sansBold, 85, 4650, 1500, black, "Montant TTC")
	for i, d := range c.damages {
		y := 1600 + i*330
		p.box(400, y, 3950, 330, grey)
		p.box(4350, y, 1200, 330, grey)
		f.write(p, 470, y+240, d.part)
		f.write(p, 4480, y+240, d.price.written())
	}
	y := 1600 + len(c.damages)*330
	p.fill(3000, y, 2550, 330, paleBlue)
	p.text(sansBold, 95, 3100, y+220, black, "Total estimé (EUR)")
	f.write(p, 4480, y+240, c.total().written())

	f.section(p, y+600, "8   Pièces jointes")
	for i, label := range []string{"Photographies du véhicule", "Facture ou devis", "Constat amiable", "Dépôt de plainte"} {
		f.tick(p, 420, y+900+i*220, label, i < 2)
	}
	p.text(sans, 85, 400, y+2100, grey, fmt.Sprintf("Châssis %s", c.vehicle.chassis))
}
