package synthetic

import (
	"fmt"
	"time"
)

// claim is one motor claim, from which several documents are made.
type claim struct {
	number   string
	policy   string
	insured  person
	other    person
	vehicle  vehicle
	opposing vehicle
	when     time.Time
	place    string
	account  account
	damages  []damage
}

type damage struct {
	part  string
	price cents
}

func (c claim) total() cents {
	var sum cents
	for _, d := range c.damages {
		sum += d.price
	}
	return sum
}

func newClaim(seed uint64, n int) claim {
	s := newSource(seed, fmt.Sprintf("claim %d", n))
	c := claim{
		number:   fmt.Sprintf("SIN-2026-%05d", 40100+n),
		policy:   "AUT-" + s.digits(7),
		insured:  newPerson(s),
		other:    newPerson(s),
		vehicle:  newVehicle(s),
		opposing: newVehicle(s),
		when:     time.Date(2026, time.March, s.between(1, 27), s.between(7, 21), s.between(0, 11)*5, 0, 0, time.UTC),
		place:    pick(s, streets) + ", " + pick(s, towns),
		account:  pick(s, accounts),
	}
	first := s.between(0, len(damages)-1)
	for i := range s.between(2, 5) {
		part := damages[(first+i)%len(damages)]
		c.damages = append(c.damages, damage{part, cents(s.between(4500, 98000))})
	}
	return c
}

// claimForm gives the form as it comes from the insured: printed boxes, filled in by
// hand, one to three pages.
func claimForm(seed uint64, n int, c claim) []byte {
	s := newSource(seed, fmt.Sprintf("claim form %d", n))
	f := &form{hand: newHand(s), ink: pick(s, []colour{inkBlue, inkBlue, inkBlack})}
	f.title = "Déclaration de sinistre automobile " + c.number
	pages := 1 + n%3
	f.firstPage(c, pages)
	if pages > 1 {
		f.circumstances(c, pages)
	}
	if pages > 2 {
		f.damageList(c, pages)
	}
	return f.bytes()
}

// form is a PDF that a person fills in.
type form struct {
	pdf
	hand hand
	ink  colour
}

func (f *form) sheet(number, of int) *pdfPage {
	p := f.page()
	p.fill(400, 400, 5150, 560, paleBlue)
	p.fill(400, 400, 80, 560, darkBlue)
	p.text(sansBold, 170, 560, 640, darkBlue, "ASSURANCES DÉMO")
	p.text(sans, 80, 560, 790, grey, "Société fictive d'assurances mutuelles · 1, place du Spécimen, 00100 Démoville")
	p.text(sans, 70, 560, 900, grey, "declarations@assurances-demo.example")
	p.text(sans, 70, 400, 8150, grey, "SPÉCIMEN — document de synthèse, sans valeur. Formulaire AD-11 (2026)")
	p.text(sans, 70, 5150, 8150, grey, fmt.Sprintf("page %d / %d", number, of))
	p.line(400, 8050, 5550, 8050, 5, grey)
	return p
}

func (f *form) section(p *pdfPage, y int, title string) {
	p.fill(400, y, 5150, 190, darkBlue)
	p.text(sansBold, 95, 470, y+135, colour{99, 99, 99}, title)
}

// field is a box with a printed label and an entry by hand.
func (f *form) field(p *pdfPage, x, y, width int, label, entry string) {
	p.box(x, y, width, 330, grey)
	p.text(sans, 62, x+40, y+80, grey, label)
	height := 110
	for height > 70 && f.hand.wide(height, entry) > width-130 {
		height -= 5
	}
	p.handwrite(f.hand, x+70, y+270, height, f.ink, entry)
}

func (f *form) write(p *pdfPage, x, y int, entry string) {
	p.handwrite(f.hand, x, y, 110, f.ink, entry)
}

// combs writes one character to a box, as forms want account numbers.
func (f *form) combs(p *pdfPage, x, y int, label, entry string) {
	p.text(sans, 62, x, y-40, grey, label)
	for i, r := range entry {
		p.box(x+i*175, y, 175, 230, grey)
		p.handwrite(f.hand, x+i*175+50, y+180, 115, f.ink, string(r))
	}
}

func (f *form) tick(p *pdfPage, x, y int, label string, on bool) {
	p.box(x, y, 110, 110, grey)
	p.text(sans, 85, x+170, y+90, black, label)
	if on {
		p.ink([][]curve{smooth([]point{{x + 10, y + 15}, {x + 110, y + 105}}), smooth([]point{{x + 115, y - 10}, {x, y + 120}})}, 12, f.ink)
	}
}

func (f *form) firstPage(c claim, pages int) {
	p := f.sheet(1, pages)
	p.text(sansBold, 150, 400, 1230, black, "Déclaration de sinistre automobile")
	p.text(sans, 85, 400, 1380, grey, "À remplir en lettres lisibles et à renvoyer sous cinq jours ouvrés.")
	p.box(3900, 1060, 1650, 400, darkBlue)
	p.text(sans, 65, 3960, 1150, grey, "N° de sinistre (réservé à l'assureur)")
	p.text(fixedPitch, 120, 3980, 1360, red, c.number)

	f.section(p, 1580, "1   L'assuré")
	f.field(p, 400, 1810, 2550, "Nom", c.insured.family)
	f.field(p, 3000, 1810, 2550, "Prénom", c.insured.given)
	f.field(p, 400, 2190, 3000, "Adresse", c.insured.street)
	f.field(p, 3450, 2190, 2100, "Code postal, ville", c.insured.town)
	f.field(p, 400, 2570, 1750, "Téléphone", c.insured.phone)
	f.field(p, 2200, 2570, 3350, "Adresse électronique", c.insured.mail)

	f.section(p, 3030, "2   Le véhicule assuré")
	f.field(p, 400, 3260, 1650, "Marque, modèle", c.vehicle.model)
	f.field(p, 2100, 3260, 1400, "Immatriculation", c.vehicle.plate)
	f.field(p, 3550, 3260, 2000, "N° de contrat", c.policy)

	f.section(p, 3720, "3   Le sinistre")
	f.field(p, 400, 3950, 1300, "Date", french(c.when))
	f.field(p, 1750, 3950, 1000, "Heure", c.when.Format("15 h 04"))
	f.field(p, 2800, 3950, 2750, "Lieu", c.place)
	for i, label := range []string{"Collision", "Bris de glace", "Vol", "Stationnement", "Animal", "Autre"} {
		f.tick(p, 420+i*860, 4400, label, label == c.account.kind)
	}
	p.text(sans, 62, 400, 4690, grey, "Récit des faits")
	f.lines(p, 4700, 6, c.account.text)

	f.section(p, 6270, "4   Remboursement")
	f.combs(p, 400, 6600, "IBAN", c.insured.iban)
	p.text(sans, 80, 400, 7090, black, "Je certifie l'exactitude de cette déclaration.")
	f.field(p, 400, 7230, 2400, "Fait à, le", "Démoville, "+french(c.when.AddDate(0, 0, 2)))
	p.box(3000, 7000, 2550, 830, grey)
	p.text(sans, 62, 3040, 7080, grey, "Signature")
	p.ink(f.hand.sign(3350, 7560, 330), 11, f.ink)
}

// lines writes an account by hand on ruled lines, broken between words.
func (f *form) lines(p *pdfPage, y, count int, text string) {
	for i := range count {
		p.line(400, y+(i+1)*250, 5550, y+(i+1)*250, 3, grey)
	}
	for i, line := range wrapped(text, 66) {
		f.write(p, 440, y+(i+1)*250-45, line)
	}
}
