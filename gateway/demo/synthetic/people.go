package synthetic

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// person is a fictitious person.
type person struct {
	given, family string
	street, town  string
	mail, phone   string
	iban          string
}

func (p person) name() string { return p.given + " " + p.family }

func newPerson(s *source) person {
	p := person{
		given:  pick(s, givenNames),
		family: pick(s, familyNames),
		street: fmt.Sprintf("%d, %s", s.between(1, 180), pick(s, streets)),
		town:   pick(s, towns),
		phone:  "01 99 00 " + s.digits(2) + " " + s.digits(2), // 01 99 00 is kept for fiction by the French regulator
		iban:   frenchIBAN(s),
	}
	p.mail = plain(p.given) + "." + plain(p.family) + "@courriel.example"
	return p
}

// plain removes accents and everything but letters from a name, for a mail address.
func plain(name string) string {
	bare, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn))), name)
	if err != nil {
		panic(err) // the names are this file's own
	}
	return strings.ToLower(strings.NewReplacer("-", "", " ", "", "'", "", "ß", "ss").Replace(bare))
}

type vehicle struct{ model, plate, chassis string }

func newVehicle(s *source) vehicle {
	return vehicle{
		model:   pick(s, models),
		plate:   s.letters(2) + "-" + s.digits(3) + "-" + s.letters(2),
		chassis: "XX0" + s.letters(5) + s.digits(9), // XX0 is no manufacturer
	}
}

// account is an account of an accident, and the box of the form that it belongs to.
type account struct{ kind, text string }

// dayIn2026 gives a day of the month, at noon so that no zone moves it to another day.
func dayIn2026(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 12, 0, 0, 0, time.UTC)
}

func french(day time.Time) string { return day.Format("02/01/2006") }

var (
	givenNames = []string{
		"Hélène", "Noémie", "Gaël", "Anaïs", "Loïc", "Maëlys", "Théodore", "Zoé", "Côme", "Inès", "Jürgen", "Søren",
		"Begoña", "Lucja", "Özlem", "Aminata", "Yasmine", "Minh", "Rania", "Édouard",
	}
	familyNames = []string{
		"Exemplier", "Dumodèle", "Fictivet", "Delafable", "Sansnom", "Lafiction", "Échantillon", "Prototypin",
		"Mustermann-Groß", "Ejemplar Núñez", "Vzorek", "Quelconque", "D'Essai", "Témoin", "Gabaritz", "Maquette",
	}
	streets = []string{
		"rue de l'Exemple", "avenue du Modèle", "impasse des Témoins", "quai de la Fiction", "place du Spécimen",
		"chemin de l'Échantillon", "boulevard de l'Épreuve",
	}
	towns = []string{
		"00100 Démoville", "00200 Saint-Exemple", "00310 Modèle-sur-Essai", "00420 L'Épreuve", "00550 Bourg-Fictif",
	}
	models  = []string{"Aurore 1.2", "Boréale Break", "Cigale E", "Dune 4x4", "Escale Van", "Fauvette GT"}
	garages = []string{
		"Garage de l'Épreuve", "Carrosserie du Modèle", "Autohaus Muster GmbH", "Atelier Saint-Exemple",
	}
	damages = []string{
		"Pare-chocs avant", "Aile avant gauche", "Phare droit", "Portière arrière", "Rétroviseur", "Pare-brise",
		"Capot", "Jante alliage", "Feu arrière", "Bas de caisse",
	}
	accounts = []account{
		{"Collision", "Je roulais à faible allure dans la rue quand le véhicule B, venant de ma droite, a refusé de s'arrêter. Je n'ai pu éviter le choc malgré un freinage énergique."},
		{"Collision", "À l'arrêt au feu rouge, j'ai été heurté par l'arrière. Le conducteur adverse a reconnu les faits. Pas de blessé, un témoin présent."},
		{"Autre", "En sortant du parking, mon pare-chocs a touché la borne. Chaussée mouillée, visibilité réduite par la pluie."},
		{"Stationnement", "Stationné devant le domicile, véhicule retrouvé le matin avec l'aile enfoncée et le rétroviseur cassé. Aucun message laissé."},
		{"Animal", "Un sanglier a traversé la départementale vers 22 h. Choc frontal à environ 60 km/h, le radiateur fuit."},
	}
)
