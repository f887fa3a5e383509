package policy

import (
	"net/netip"
	"time"
)

// Terms are the parties' agreement, as ParseTerms read it. ParseTerms has the format.
// They must not be changed: a change needs the text of a new version.
type Terms struct {
	Reference      string // the parties' own, see ParseReference
	Title          string
	Client         OrganisationID
	Provider       OrganisationID
	Purpose        string
	DataCategories []string
	Banned         []string // categories that no class may hold
	Validity       Validity
	Classes        []ClassTerms // in the order of the text
	Sites          []Site
	Hours          []Hours // empty: any time
	Ceilings       Ceilings
	Lease          time.Duration // DefaultLease unless given
	Retention      Retention
	Exit           string     // "return" or "destroy"
	WindDown       []WindDown // empty: all acts end with the contract
	Transfer       Transfer
	SubProcessors  []SubProcessor
	Commercials    Commercials

	given map[string]int // line of every key with a value, by path
}

// DefaultLease is how long a lease lasts by default.
const DefaultLease = 8 * time.Hour

// Validity is the time in which the terms hold: from From on, before Until.
type Validity struct {
	Zone  *time.Location // of the dates, the hours and the ceilings' day
	From  time.Time      // the beginning of the first day in the zone
	Until time.Time      // the end of the last day in the zone; zero when there is none
}

// ClassTerms are the terms of one class of documents.
type ClassTerms struct {
	Class      Class
	MediaTypes []string // lower case, without parameters; or families; AnyMediaType means any but programs
	MaxBytes   int64    // of plaintext, at least 1
	Delivery   string   // DeliverySupervised or DeliverySealed
	AllowEmpty bool     // a document of no bytes may be received
	Categories []string // of personal data in its documents; empty: any of the contract's
}

// AnyMediaType is the token for all media types.
const AnyMediaType = "*/*"

// These are the ways in which the documents of a class leave.
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

// Ceilings are the most that one person may be granted in one day of the contract's zone.
type Ceilings struct {
	DocumentsPerDay int64
	BytesPerDay     int64
}

// Retention is how long documents are kept after the work is done.
type Retention struct {
	GatewayDays      int64
	ProviderCopyDays int64 // 0: the provider keeps no copy
}

// SubProcessor is a company to which the provider may pass work on.
type SubProcessor struct {
	Name    string
	Country string // ISO 3166-1 alpha-2
	Service string
	Since   time.Time // the day on which the client authorised it; zero when not given
}

// Transfer is the legal ground on which documents may be read from another country.
type Transfer struct {
	Mechanism  string    // "none", "adequacy", "scc", "bcr" or "derogation"
	Instrument time.Time // the day of the instrument; zero when not given
	Assessed   time.Time // the day of the transfer impact assessment; zero when not given
	Review     time.Time // the day by which it must be made again; zero when not given
}

// WindDown are the acts that a role may still do after the contract's end.
type WindDown struct {
	Role Role
	Days int64 // after the end, on the calendar of the zone
	May  []Action
}

// Commercials are the costs of the work. Prices and charges are in the smallest unit of
// the currency, the budget in whole ones. Absent values are zero.
type Commercials struct {
	Currency       string // ISO 4217
	Unit           string // the counted unit, as in "document" or "page"
	Period         string // of baseline and budget: "month", "quarter" or "year"
	Baseline       int64  // units in a period that the baseline charge pays for
	BaselineCharge int64
	Deadband       int64  // percent of the baseline, above and below it, within which nothing changes
	Additional     []Band // price of each unit above the deadband (ARC)
	Reduced        []Band // credit for each unit below the deadband (RRC)
	Budget         int64
	HardCap        bool // work stops at the budget; not enforceable yet
}

// Band is a price for a part of the units outside the deadband.
type Band struct {
	UpTo  int64 // the number of units up to the end of this band; 0 for the last: all further units
	Price int64
}

// From is the first instant of the terms' validity; zero if the terms do not give it.
func (t *Terms) From() time.Time { return t.Validity.From }

// Until is the first instant after the terms' validity; zero when there is no end.
func (t *Terms) Until() time.Time { return t.Validity.Until }

// Line is the line of a key in the text of the terms, from 1; 0 when the terms do not
// have it.
func (t *Terms) Line(path string) int { return t.given[path] }

// StartOf is the beginning of a day in the terms' zone, which must be given. Only year,
// month and day of the argument count.
func (t *Terms) StartOf(day time.Time) time.Time { return startOfDay(day, t.Validity.Zone) }
