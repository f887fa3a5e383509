package synthetic

import "fmt"

// Config sets the documents to make.
type Config struct {
	Seed  uint64 // every seed gives other people, claims and amounts
	Scale int    // multiplies the smallest set; 0 is 1
}

// Set is one batch for each of the demo's contracts.
type Set struct {
	Motor   Batch // a motor insurer: forms, scans, photographs, invoices, the bordereau
	Cheques Batch // a deposit: front and back of each cheque, and the control file
	Loyalty Batch // a loyalty programme's movements, and letters in the formats of their senders
	Logs    Batch // log extracts of an incident
}

// Batch is the documents of one batch.
type Batch struct {
	Reference string
	Documents []Document
	Totals    map[string]int64 // control totals, by name
}

// Bytes is the sum of the documents' sizes.
func (b Batch) Bytes() int64 {
	var sum int64
	for _, d := range b.Documents {
		sum += int64(len(d.Bytes))
	}
	return sum
}

// Document is one document with a client system's description of it.
type Document struct {
	Reference string // derived from FileName by Reference
	FileName  string
	Class     string // as in the demo's contracts
	MediaType string
	Bytes     []byte
}

// Media types of the set.
const (
	mediaPDF       = "application/pdf"
	mediaTIFF      = "image/tiff"
	mediaJPEG      = "image/jpeg"
	mediaCSV       = "text/csv"
	mediaJSON      = "application/json"
	mediaJSONLines = "application/x-ndjson"
	mediaGzip      = "application/gzip"
	mediaText      = "text/plain"
)

func newDocument(name, class, mediaType string, content []byte) Document {
	return Document{Reference: Reference(name), FileName: name, Class: class, MediaType: mediaType, Bytes: content}
}

// Generate makes the set.
func Generate(c Config) Set {
	g := generator{seed: c.Seed, scale: max(c.Scale, 1), faces: newTypefaces()}
	return Set{Motor: g.motor(), Cheques: g.cheques(), Loyalty: g.loyalty(), Logs: g.logs()}
}

type generator struct {
	seed  uint64
	scale int
	faces typefaces
}

// claimsAtScaleOne is how many claims the smallest set has. Each has a form; some a
// letter, a photograph, an invoice.
const claimsAtScaleOne = 6

func (g generator) motor() Batch {
	b := Batch{Reference: "SINISTRES-2026-03"}
	claims := make([]claim, claimsAtScaleOne*g.scale)
	for n := range claims {
		claims[n] = newClaim(g.seed, n)
		b.Documents = append(b.Documents, g.claimFile(n, claims[n])...)
	}
	text, sum := claimsBordereau(claims)
	b.Documents = append(b.Documents, newDocument("Bordereau des sinistres – mars 2026.csv", "bordereau", mediaCSV, text))
	b.Totals = map[string]int64{"claims": int64(len(claims)), "amount_cents": int64(sum)}
	return b
}

// claimFile gives the documents of one claim, under names of several countries.
func (g generator) claimFile(n int, c claim) []Document {
	form := []string{
		"Déclaration d'accident n° %d.pdf", "Schadenmeldung Nr. %d – Köln.pdf", "Constat amiable %d (été).pdf",
		"Zgłoszenie szkody %d.pdf", "Δήλωση ατυχήματος %d.pdf", "بلاغ حادث %d.pdf",
	}[n%6]
	documents := []Document{newDocument(fmt.Sprintf(form, n+1), "claim-form", mediaPDF, claimForm(g.seed, n, c))}
	add := func(class, mediaType, name string, content []byte) {
		documents = append(documents, newDocument(fmt.Sprintf(name, n+1), class, mediaType, content))
	}
	switch n % 3 {
	case 0:
		add("scan", mediaTIFF, "Courrier de l'assuré – dossier n° %d.tiff", scannedLetter(g.seed, n, g.faces, c))
		add("photo", mediaJPEG, "Photo aile avant %d.jpg", photo(g.seed, n, g.faces, c))
	case 1:
		add("scan", mediaTIFF, "Überweisung März %d.tiff", transferSlip(g.seed, n, g.faces, c))
		add("invoice", mediaPDF, "Rechnung %d für Reparatur.pdf", newInvoice(g.seed, n, c).pdf(c))
	case 2:
		add("photo", mediaJPEG, "Zdjęcie uszkodzeń %d.jpg", photo(g.seed, n, g.faces, c))
		add("invoice", mediaPDF, "請求書 3月 %d.pdf", newInvoice(g.seed, n, c).pdf(c))
	}
	return documents
}

func (g generator) loyalty() Batch {
	b := Batch{Reference: "FIDELITE-2026-03", Totals: map[string]int64{}}
	for n := range 2 * g.scale {
		programme := []string{"Club Démo", "Carte Épi d'Or"}[n%2]
		s := newSource(g.seed, fmt.Sprintf("loyalty %d", n))
		text, points := loyaltyMovements(s, programme, 40, 180)
		name := fmt.Sprintf("Relevé de points – %s n° %d.csv", programme, n+1)
		b.Documents = append(b.Documents, newDocument(name, "statement", mediaCSV, text))
		b.Totals["points"] += points
		b.Totals["movements"] += 180
	}
	for n := range g.scale {
		b.Documents = append(b.Documents, correspondence(newSource(g.seed, fmt.Sprintf("correspondence %d", n)), n)...)
	}
	return b
}

func (g generator) logs() Batch {
	b := Batch{Reference: "INCIDENT-2026-03-17", Totals: map[string]int64{}}
	for n := range g.scale {
		lines := incident(newSource(g.seed, fmt.Sprintf("incident %d", n)), 400)
		text := logAsJSONLines(lines)
		b.Documents = append(b.Documents,
			newDocument(fmt.Sprintf("Extrait nuit du 17 mars (%d).log", n+1), "log-extract", mediaText, logAsText(lines)),
			newDocument(fmt.Sprintf("incident-2026-03-17 %d.jsonl", n+1), "log-extract", mediaJSONLines, text),
			newDocument(fmt.Sprintf("incident-2026-03-17 %d.jsonl.gz", n+1), "log-extract", mediaGzip, compressed(text)))
		b.Totals["lines"] += int64(3 * len(lines))
	}
	return b
}
