package policy

import (
	"net/netip"
	"time"
)

// Terms are what the parties agreed, as ParseTerms read them. The package documentation has the format. They are not to
// be changed: what is to change is a new version's text.
type Terms struct {
	Reference      string // the parties' own, see ParseReference
	Title          string
	Client         OrganisationID
	Provider       OrganisationID
	Purpose        string
	DataCategories []string
	Validity       Validity
	Classes        []ClassTerms // in the order of the text
	Sites          []Site
	Hours          []Hours // none: any time
	Ceilings       Ceilings
	Lease          time.Duration // DefaultLease unless given
	Retention      Retention
	Exit           string // "return" or "destroy"
	Transfer       string // the mechanism: "none", "adequacy", "scc", "bcr" or "derogation"
	SubProcessors  []SubProcessor
	Commercials    Commercials

	given map[string]int // line of every key with a value, by path
}

// DefaultLease is how long a lease lasts where the terms do not say.
const DefaultLease = 8 * time.Hour

// Validity is when the terms hold: from From on, before Until.
type Validity struct {
	Zone  *time.Location // of the dates, the hours and the ceilings' day
	From  time.Time      // the beginning of the first day in the zone
	Until time.Time      // the end of the last day in the zone; zero when there is none
}

// ClassTerms are the terms of one class of documents.
type ClassTerms struct {
	Class      Class
	MediaTypes []string // lower case, without parameters; AnyMediaType alone means any
	MaxBytes   int64    // of plaintext, at least 1
	Delivery   string   // DeliverySupervised or DeliverySealed
	AllowEmpty bool     // a document of no bytes may be received
}

// AnyMediaType is the one token that stands for more than itself.
const AnyMediaType = "*/*"

// How the documents of a class leave.
const (
	DeliverySupervised = "supervised" // decrypted to the one handler who holds the lease
	DeliverySealed     = "sealed"     // as an age file for the provider's own recipient; not enforceable yet
)

// Site is a place that documents may be read from.
type Site struct {
	Name     string
	Country  string // ISO 3166-1 alpha-2
	Networks []netip.Prefix
}

// Ceilings are what one person may be granted in one day of the contract's zone.
type Ceilings struct {
	DocumentsPerDay int64
	BytesPerDay     int64
}

// Retention is how long documents are kept after the work is done.
type Retention struct {
	GatewayDays      int64
	ProviderCopyDays int64 // 0: the provider keeps no copy
}

// SubProcessor is whom the provider may pass work on to.
type SubProcessor struct {
	Name    string
	Country string // ISO 3166-1 alpha-2
	Service string
}

// Commercials are what the work may cost.
type Commercials struct {
	Currency string // ISO 4217
	Budget   int64  // in whole units of the currency; 0 when not given
	HardCap  bool   // work stops at the budget; not enforceable yet
}

// From is the first instant of the terms' validity; zero while they do not say.
func (t *Terms) From() time.Time { return t.Validity.From }

// Until is the first instant after the terms' validity; zero when there is no end.
func (t *Terms) Until() time.Time { return t.Validity.Until }
