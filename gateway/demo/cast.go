package demo

import (
	"strings"
	"time"

	"github.com/bordereau/bordereau/gateway/api"
)

// organisation is a client or a provider of the story.
type organisation struct {
	key, name, country string
	kind               api.OrganisationKind
	id                 string // empty until it joins
}

// actor is a person, or a client's system, of the story.
type actor struct {
	key, name    string
	organisation string // key
	role         api.Role

	id      string // empty until the person joins
	secret  Secret
	token   string
	expires time.Time // of the token
}

// variable is the shell variable for the person's access token.
func (a *actor) variable() string { return strings.ToUpper(a.key) }

// isDuty reports whether the role is held in the organisation, and not on a contract.
func (a *actor) isDuty() bool {
	return a.role == api.RoleContractManager || a.role == api.RoleComplianceOfficer
}

func organisations() []*organisation {
	return []*organisation{
		{key: "assurances", name: "Assurances Démo", country: "FR", kind: api.OrganisationKindClient},
		{key: "banque", name: "Banque Fictive", country: "FR", kind: api.OrganisationKindClient},
		{key: "azur", name: "Prestataire Azur", country: "TN", kind: api.OrganisationKindProvider},
		{key: "basalte", name: "Prestataire Basalte", country: "MG", kind: api.OrganisationKindProvider},
	}
}

func people() []*actor {
	return []*actor{
		{key: "camille", name: "Camille Exemplier", organisation: "assurances", role: api.RoleContractManager},
		{key: "julien", name: "Julien Dumodèle", organisation: "assurances", role: api.RoleContractManager},
		{key: "nadege", name: "Nadège Témoin", organisation: "assurances", role: api.RoleComplianceOfficer},
		{key: "sinistres", name: "Système sinistres", organisation: "assurances", role: api.RoleClientSystem},
		{key: "bruno", name: "Bruno Delafable", organisation: "banque", role: api.RoleContractManager},
		{key: "estelle", name: "Estelle Sansnom", organisation: "banque", role: api.RoleContractManager},
		{key: "odile", name: "Odile Maquette", organisation: "banque", role: api.RoleComplianceOfficer},
		{key: "guichet", name: "Système guichet", organisation: "banque", role: api.RoleClientSystem},
		{key: "sonia", name: "Sonia Essai", organisation: "azur", role: api.RoleProviderManager},
		{key: "leila", name: "Leïla Épreuve", organisation: "azur", role: api.RoleHandler},
		{key: "karim", name: "Karim Gabarit", organisation: "azur", role: api.RoleHandler},
		{key: "tahina", name: "Tahina Spécimen", organisation: "basalte", role: api.RoleProviderManager},
		{key: "hery", name: "Hery Prototype", organisation: "basalte", role: api.RoleHandler},
		{key: "fara", name: "Fara Ébauche", organisation: "basalte", role: api.RoleHandler},
	}
}
