package synthetic

import (
	"fmt"
	"time"
)

// vatPercent is the rate on the demo's invoices.
const vatPercent = 20

// invoice is a repair invoice for a claim: net, tax and gross add up line by line.
type invoice struct {
	number string
	garage string
	day    time.Time
	iban   string
	lines  []invoiceLine
}

type invoiceLine struct {
	what     string
	quantity int
	unit     cents
}

func (l invoiceLine) net() cents { return cents(l.quantity) * l.unit }

func (i invoice) net() cents {
	var sum cents
	for _, l := range i.lines {
		sum += l.net()
	}
	return sum
}

// vat is rounded half up to the cent, once, on the invoice's net amount.
func (i invoice) vat() cents { return (i.net()*vatPercent + 50) / 100 }

func (i invoice) gross() cents { return i.net() + i.vat() }

func newInvoice(seed uint64, n int, c claim) invoice {
	s := newSource(seed, fmt.Sprintf("invoice %d", n))
	made := invoice{
		number: fmt.Sprintf("F2026-%04d", 310+n),
		garage: garages[n%len(garages)],
		day:    c.when.AddDate(0, 0, s.between(4, 12)),
		iban:   germanIBAN(s),
	}
	for _, d := range c.damages {
		made.lines = append(made.lines, invoiceLine{d.part, 1, d.price})
	}
	made.lines = append(made.lines,
		invoiceLine{"Main-d'œuvre carrosserie (heures)", s.between(2, 14), 6800},
		invoiceLine{"Peinture et ingrédients", s.between(1, 3), 11250})
	return made
}

func (i invoice) pdf(c claim) []byte {
	d := &pdf{title: "Facture " + i.number}
	p := d.page()
	p.fill(0, 0, pageWidth, 120, darkBlue)
	p.text(sansBold, 220, 400, 620, darkBlue, i.garage)
	p.text(sans, 85, 400, 780, grey, "12, avenue du Modèle · 00420 L'Épreuve · atelier@garage.example")
	p.text(sans, 85, 400, 900, grey, "TVA intracommunautaire XX 00 000 000 000 (fictif)")
	p.text(sansBold, 240, 3800, 1400, black, "FACTURE")
	p.text(fixedPitch, 100, 3800, 1570, black, i.number)
	p.text(sans, 95, 3800, 1720, black, "Date : "+french(i.day))
	p.text(sans, 95, 3800, 1860, black, "Sinistre : "+c.number)
	p.text(sansBold, 95, 400, 1420, black, c.insured.name())
	p.text(sans, 95, 400, 1560, black, c.insured.street)
	p.text(sans, 95, 400, 1700, black, c.insured.town)
	p.text(sans, 95, 400, 1860, grey, "Véhicule "+c.vehicle.model+" · "+c.vehicle.plate)
	y := i.table(p)
	i.totals(p, y+160)
	p.line(400, 7450, 5550, 7450, 5, grey)
	p.text(sans, 80, 400, 7600, black, "Règlement à 30 jours par virement sur le compte "+grouped(i.iban))
	p.text(sans, 80, 400, 7730, grey, "Pénalités de retard : trois fois le taux d'intérêt légal. Indemnité forfaitaire de recouvrement : 40 EUR.")
	p.text(sans, 70, 400, 8150, grey, "SPÉCIMEN — document de synthèse, sans valeur.")
	return d.bytes()
}

// table prints the lines and says where it ends.
func (i invoice) table(p *pdfPage) int {
	y := 2250
	p.fill(400, y, 5150, 240, darkBlue)
	white := colour{99, 99, 99}
	p.text(sansBold, 90, 470, y+160, white, "Désignation")
	p.text(sansBold, 90, 3180, y+160, white, "Qté")
	p.text(sansBold, 90, 3790, y+160, white, "P.U. HT")
	p.text(sansBold, 90, 4900, y+160, white, "Montant HT")
	y += 240
	for n, l := range i.lines {
		if n%2 == 1 {
			p.fill(400, y, 5150, 230, paleBlue)
		}
		p.text(sans, 95, 470, y+155, black, l.what)
		p.figures(95, 3420, y+155, black, fmt.Sprint(l.quantity))
		p.figures(95, 4300, y+155, black, l.unit.written())
		p.figures(95, 5480, y+155, black, l.net().written())
		y += 230
	}
	p.line(400, y, 5550, y, 8, darkBlue)
	return y
}

func (i invoice) totals(p *pdfPage, y int) {
	for n, row := range []struct {
		label  string
		amount cents
	}{{"Total HT", i.net()}, {fmt.Sprintf("TVA %d %%", vatPercent), i.vat()}, {"Total TTC (EUR)", i.gross()}} {
		at := y + n*240
		font := sans
		if n == 2 {
			font = sansBold
			p.fill(3300, at-20, 2250, 240, paleBlue)
		}
		p.text(font, 100, 3400, at+140, black, row.label)
		p.figures(105, 5480, at+140, black, row.amount.written())
	}
}
