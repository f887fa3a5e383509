package synthetic

import (
	"fmt"
	"image"
)

// A4 at 150 dots per inch.
const scanWidth, scanHeight, scanDPI = 1240, 1754, 150

// scanned gives what a scanner makes of a page: a little askew, with dust and a shadow
// along the edge.
func scanned(s *source, c canvas) canvas {
	lean := s.between(-9, 9)
	out := newCanvas(c.width(), c.height())
	for y := range c.height() {
		for x := range c.width() {
			from := image.Pt(x+(y-c.height()/2)*lean/1024, y-(x-c.width()/2)*lean/1024)
			if from.In(c.Rect) {
				out.Pix[y*out.Stride+x] = c.Pix[from.Y*c.Stride+from.X]
			}
		}
	}
	out.dust(s)
	return out
}

func (c canvas) dust(s *source) {
	for range c.width() * c.height() / 12000 {
		c.dot(point{s.between(0, c.width()) * px, s.between(0, c.height()) * px}, s.between(1, 2), 0)
	}
	for y := range c.height() { // the lid was not quite closed
		for x := range s.between(2, 4) {
			c.Pix[y*c.Stride+x] = 0
		}
	}
}

// stamp prints an inclined stamp of one or two lines, worn here and there, with its
// corner at (x, y).
func (c canvas) stamp(s *source, t typefaces, x, y int, lines ...string) {
	var mark path
	widest := 0
	for i, line := range lines {
		outlines, width := typeset(t.bold, 30, 22*px, (44+i*38)*px, line)
		mark = append(mark, outlines...)
		widest = max(widest, width/px)
	}
	mark = append(mark, frame(0, 0, widest+44, 22+len(lines)*42, 4)...)
	lean := s.between(6, 14)
	inclined := mark.move(func(at point) point {
		return point{at.x + at.y*lean/100 + x*px, at.y - at.x*lean/100 + y*px}
	})
	inclined.fill(c.height(), func(row, from, to int) {
		for column := max(from, 0); column < min(to, c.width()); column++ {
			if !s.oneIn(5) {
				c.Pix[row*c.Stride+column] = 0
			}
		}
	})
}

// letter is a typed and signed letter about a claim, received and stamped.
func scannedLetter(seed uint64, n int, t typefaces, c claim) []byte {
	s := newSource(seed, fmt.Sprintf("letter %d", n))
	page := newCanvas(scanWidth, scanHeight)
	y := 130
	for _, line := range []string{c.insured.name(), c.insured.street, c.insured.town, c.insured.phone} {
		page.print(t.regular, 25, 110, y, line)
		y += 36
	}
	y = 300
	for _, line := range []string{"Assurances Démo", "Service sinistres automobile", "1, place du Spécimen", "00100 Démoville"} {
		page.print(t.regular, 25, 720, y, line)
		y += 36
	}
	page.print(t.regular, 25, 720, 500, "Démoville, le "+french(c.when.AddDate(0, 0, 3)))
	page.print(t.bold, 26, 110, 600, "Objet : sinistre "+c.number+", contrat "+c.policy)
	y = 690
	for _, paragraph := range []string{
		"Madame, Monsieur,",
		"Je vous confirme la déclaration du sinistre survenu le " + french(c.when) + " à " + c.when.Format("15 h 04") + ", " + c.place + ", avec mon véhicule " + c.vehicle.model + " immatriculé " + c.vehicle.plate + ".",
		c.account.text,
		"Le réparateur estime les travaux à " + c.total().written() + " EUR toutes taxes comprises. Vous trouverez ci-joint les photographies et la facture. Je vous prie de bien vouloir régler la somme sur le compte " + grouped(c.insured.iban) + ".",
		"Veuillez agréer, Madame, Monsieur, l'expression de mes salutations distinguées.",
	} {
		for _, line := range wrapped(paragraph, 78) {
			page.print(t.regular, 25, 110, y, line)
			y += 38
		}
		y += 22
	}
	page.print(t.regular, 25, 720, y+60, c.insured.name())
	page.ink(newHand(s).sign(760*px, (y+170)*px, 70*px), 4, 0)
	page.handwrite(newHand(s), 120, scanHeight-170, 34, "Dossier "+c.number[9:]+" – à indexer")
	page.print(t.regular, 17, 110, scanHeight-80, "SPÉCIMEN : document de synthèse, sans valeur")
	page.stamp(s, t, 760, 190, "REÇU LE", french(c.when.AddDate(0, 0, 6)))
	return bilevelTIFF(scanned(s, page), scanDPI)
}

// transferSlip is a German transfer form, filled in by hand.
func transferSlip(seed uint64, n int, t typefaces, c claim) []byte {
	s := newSource(seed, fmt.Sprintf("transfer %d", n))
	h := newHand(s)
	page := newCanvas(scanWidth, scanHeight/2)
	page.paint(frame(60, 60, scanWidth-120, scanHeight/2-120, 3), 0)
	page.print(t.bold, 42, 100, 140, "SEPA-Überweisung")
	page.print(t.regular, 19, 100, 175, "Für Überweisungen in Deutschland und in andere EU-/EWR-Staaten in Euro")
	page.printRight(t.bold, 26, scanWidth-100, 140, "MUSTER / SPECIMEN")
	rows := []struct{ label, entry string }{
		{"Angaben zum Zahlungsempfänger: Name, Vorname / Firma", c.insured.name()},
		{"IBAN", grouped(c.insured.iban)},
		{"Verwendungszweck", "Schaden " + c.number + ", " + c.vehicle.plate},
		{"Kontoinhaber", "Muster Versicherung aG, Köln"},
		{"IBAN des Kontoinhabers", grouped(germanIBAN(s))},
	}
	for i, row := range rows {
		y := 200 + i*90
		page.field(t.regular, 100, y, scanWidth-200, 90, row.label)
		page.handwrite(h, 130, y+74, 32, row.entry)
	}
	page.field(t.regular, 100, 670, 420, 100, "Betrag: Euro, Cent")
	page.handwrite(h, 150, 750, 40, c.total().written())
	page.field(t.regular, 560, 670, scanWidth-660, 100, "Datum, Unterschrift")
	page.handwrite(h, 585, 750, 30, c.when.Format("02.01.2006"))
	page.ink(h.sign(850*px, 745*px, 45*px), 4, 0)
	page.stamp(s, t, 690, 480, "GEBUCHT", c.when.AddDate(0, 0, 1).Format("02.01.2006"))
	return bilevelTIFF(scanned(s, page), scanDPI)
}
