package policy

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// These bounds keep a decision cheap and a compiled version small for any text.
const (
	maxClasses    = 100
	maxMediaTypes = 50 // of a class
	maxSites      = 50
	maxNetworks   = 50 // of a site
	maxHours      = 50
	maxSubs       = 100
	century       = 36525   // days
	maxNumber     = 1 << 53 // every reader of JSON keeps it exact, and sums of a few stay in an int64
)

// ParseTerms reads terms from YAML or JSON. An error is a *TermsError with all problems.
// A missing term is no error here, see Missing.
//
// Terms are one YAML document, or the same as JSON, of at most 64 KiB. Unknown keys, keys
// given twice, anchors, aliases and tags are refused, each with its path and line: a term
// that is not enforced must not look agreed. A key without a value counts as absent.
// Numbers are whole, in digits, up to 2⁵³. Terms with gaps can be proposed but not
// approved (see [Terms.Missing]), unless the term is marked optional here.
//
//	reference: MOTOR-2026-01          # see ParseReference
//	title: Motor claim indexing       # one line, up to 200 bytes
//	client: o_aaaaaaaaaaaaaaaaaaaaaaaaaa
//	provider: o_bbbbbbbbbbbbbbbbbbbbbbbbbb
//	purpose: Index motor claim files and return the index data
//	data-categories: [identification, vehicle, claim-history]   # names: a-z 0-9 -, beginning with a letter
//	validity:
//	  from: 2026-01-01                # from the beginning of this day in the zone
//	  until: 2027-12-31               # optional; to the end of this day
//	  zone: Europe/Paris              # of the dates, the hours and the ceilings' day: a name of the IANA database
//	classes:                          # what may be sent and read, by class of document
//	  claim-form:
//	    media-types: [application/pdf]            # or families, as in [office, scan]; ["*/*"] means any but programs
//	    max-bytes: 20971520
//	    delivery: supervised          # optional; sealed is known, but not enforceable yet
//	    allow-empty: false            # optional
//	    data-categories: [identification]   # optional: which of the contract's its documents hold
//	sites:                            # where documents are read from; the longest network that has the address counts
//	  - name: tunis
//	    country: TN                   # ISO 3166-1 alpha-2
//	    networks: [192.0.2.0/24, "2001:db8:7::/48"]
//	hours:                            # optional, absent means any time; on the clocks of the zone
//	  - days: [mon, tue, wed, thu, fri]
//	    from: "08:00"
//	    until: "19:00"                # up to "24:00"; not after from: of the next day
//	ceilings:                         # for each person and day
//	  documents-per-day: 500
//	  bytes-per-day: 10737418240
//	lease: 8h                         # optional, 8h unless given; from 1m to 720h
//	retention:
//	  gateway-days: 90
//	  provider-copy-days: 30          # 0: the provider keeps no copy
//	exit: destroy                     # or return
//	wind-down:                        # optional; what may still be done after the end, by whom, for how many days
//	  client-system: {days: 90, may: [batch.read, document.inspect, receipt.read]}
//	  provider-manager: {days: 5, may: [batch.read, document.inspect]}
//	  handler: {days: 5, may: [batch.read, document.inspect, assignment.lease, document.read]}
//	transfer:
//	  mechanism: scc                  # none, adequacy, scc, bcr or derogation
//	  instrument: 2025-11-03          # optional: the day of the instrument
//	  assessed: 2025-12-01            # optional: the day of the transfer impact assessment
//	  review: 2027-12-01              # optional: the day by which it is made again
//	sub-processors:                   # [] says that there are none
//	  - {name: Saisie Océan, country: MU, service: correction of points, authorised: 2025-12-15}   # authorised: optional
//	banned-categories: [health]       # optional: categories that no class may hold
//	commercials:                      # optional; recorded
//	  currency: EUR
//	  unit: document                  # what is counted
//	  period: month                   # month, quarter or year
//	  baseline: 20000                 # units in a period that the charge pays for
//	  baseline-charge: 1500000        # charges and prices in the smallest unit of the currency
//	  deadband-percent: 10            # of the baseline, above and below, within which nothing changes
//	  additional:                     # of each unit above (ARC); a band says how many units it reaches to, the last does not
//	  - {up-to: 5000, price: 70}
//	  - {price: 60}
//	  reduced: [{price: 40}]          # credit for each unit below (RRC)
//	  budget: 120000                  # of a period, in whole units of the currency
//	  hard-cap: false                 # true is known, but not enforceable yet
//
// Hours follow the clocks of the zone: an hour that a change to summer time skips has no
// minutes, one that is repeated has them twice.
func ParseTerms(text []byte) (*Terms, error) {
	root, problem := readDocument(text)
	if problem != nil {
		return nil, &TermsError{Problems: []Problem{*problem}}
	}
	r := &reader{given: map[string]int{}}
	t := &Terms{Lease: DefaultLease, given: r.given}
	r.terms(t, place{node: root})
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, &TermsError{Problems: r.problems}
	}
	return t, nil
}

func (r *reader) terms(t *Terms, at place) {
	r.mapping(at, fields{
		"reference":         r.reference(&t.Reference),
		"title":             r.text(&t.Title, 200),
		"client":            r.organisation(&t.Client),
		"provider":          r.organisation(&t.Provider),
		"purpose":           r.text(&t.Purpose, 2000),
		"data-categories":   r.names(&t.DataCategories),
		"banned-categories": r.names(&t.Banned),
		"validity":          r.validity(&t.Validity),
		"classes":           r.classes(&t.Classes),
		"sites":             r.sites(&t.Sites),
		"hours":             r.hours(&t.Hours),
		"ceilings":          r.ceilings(&t.Ceilings),
		"lease":             r.duration(&t.Lease, time.Minute, 720*time.Hour),
		"retention":         r.retention(&t.Retention),
		"exit":              r.oneOf(&t.Exit, "return", "destroy"),
		"wind-down":         r.windDown(&t.WindDown),
		"transfer":          r.transfer(&t.Transfer),
		"sub-processors":    r.subProcessors(&t.SubProcessors),
		"commercials":       r.commercials(&t.Commercials),
	})
	if t.Client != "" && t.Client == t.Provider {
		r.problems = append(r.problems, Problem{Path: "provider", Line: t.given["provider"], Detail: "must be another organisation than the client"})
	}
	r.categories(t)
}

func (r *reader) validity(to *Validity) field {
	return func(at place) {
		var from, until time.Time
		r.mapping(at, fields{"from": r.date(&from), "until": r.date(&until), "zone": r.zone(&to.Zone)})
		if !from.IsZero() && !until.IsZero() && until.Before(from) {
			r.problem(at, "ends before it begins")
		}
		if to.Zone == nil {
			return
		}
		if !from.IsZero() {
			to.From = startOfDay(from, to.Zone)
		}
		if !until.IsZero() {
			to.Until = startOfDay(until.AddDate(0, 0, 1), to.Zone)
		}
	}
}

func (r *reader) classes(to *[]ClassTerms) field {
	return func(at place) {
		before := len(r.problems)
		r.entries(at, func(key string) field {
			if !isName(key) {
				return func(at place) { r.problem(at, "%v", ErrClass) }
			}
			return func(at place) {
				if len(*to) == maxClasses {
					r.problem(at, "is more than the %d classes that terms may have", maxClasses)
					return
				}
				*to = append(*to, r.class(Class(key), at))
			}
		})
		r.someOf(at, len(*to), before)
	}
}

func (r *reader) class(name Class, at place) ClassTerms {
	c := ClassTerms{Class: name, Delivery: DeliverySupervised}
	before := len(r.problems)
	r.mapping(at, fields{
		"media-types":     r.mediaTypes(&c.MediaTypes),
		"max-bytes":       r.number(&c.MaxBytes, 1, maxNumber),
		"delivery":        r.oneOf(&c.Delivery, DeliverySupervised, DeliverySealed),
		"allow-empty":     r.truth(&c.AllowEmpty),
		"data-categories": r.names(&c.Categories),
	})
	if len(c.MediaTypes) == 0 && len(r.problems) == before {
		r.problem(at, "has no media type: %s stands for any", AnyMediaType)
	}
	return c
}

func (r *reader) mediaTypes(to *[]string) field {
	return func(at place) {
		r.list(at, maxMediaTypes, func(at place) {
			var s string
			r.mediaType(&s)(at)
			if s != "" && slices.Contains(*to, s) {
				r.problem(at, "is given twice")
			}
			*to = append(*to, s)
		})
		others := slices.DeleteFunc(slices.Clone(*to), func(s string) bool { return s == AnyMediaType || s == FamilyExecutable })
		if len(others) > 0 && slices.Contains(*to, AnyMediaType) {
			r.problem(at, "must be %s alone or beside %s, or be without it", AnyMediaType, FamilyExecutable)
		}
	}
}

func (r *reader) sites(to *[]Site) field {
	return func(at place) {
		before := len(r.problems)
		taken := map[netip.Prefix]bool{}
		r.list(at, maxSites, func(at place) {
			s := r.site(at, taken)
			if s.Name != "" && slices.ContainsFunc(*to, func(o Site) bool { return o.Name == s.Name }) {
				r.problem(at, "has the name of another site")
			}
			*to = append(*to, s)
		})
		r.someOf(at, len(*to), before)
	}
}

// site reads one site. No two sites have the same network: its addresses would be in two
// places.
func (r *reader) site(at place, taken map[netip.Prefix]bool) Site {
	var s Site
	before := len(r.problems)
	r.mapping(at, fields{
		"name":    r.name(&s.Name),
		"country": r.country(&s.Country),
		"networks": func(at place) {
			r.list(at, maxNetworks, func(at place) {
				var p netip.Prefix
				r.network(&p)(at)
				if p.IsValid() && taken[p] {
					r.problem(at, "is given twice")
				}
				taken[p] = true
				s.Networks = append(s.Networks, p)
			})
		},
	})
	if len(r.problems) == before && (s.Name == "" || s.Country == "" || len(s.Networks) == 0) {
		r.problem(at, "must have a name, a country and at least one network")
	}
	return s
}

func (r *reader) ceilings(to *Ceilings) field {
	return func(at place) {
		r.mapping(at, fields{
			"documents-per-day": r.number(&to.DocumentsPerDay, 1, maxNumber),
			"bytes-per-day":     r.number(&to.BytesPerDay, 1, maxNumber),
		})
	}
}

func (r *reader) retention(to *Retention) field {
	return func(at place) {
		r.mapping(at, fields{
			"gateway-days":       r.number(&to.GatewayDays, 1, century),
			"provider-copy-days": r.number(&to.ProviderCopyDays, 0, century),
		})
	}
}

func (r *reader) transfer(to *Transfer) field {
	return func(at place) {
		r.mapping(at, fields{
			"mechanism":  r.oneOf(&to.Mechanism, "none", "adequacy", "scc", "bcr", "derogation"),
			"instrument": r.date(&to.Instrument),
			"assessed":   r.date(&to.Assessed),
			"review":     r.date(&to.Review),
		})
		if !to.Review.IsZero() && (to.Assessed.IsZero() || to.Review.Before(to.Assessed)) {
			r.problem(at, "has a review without an assessment before it")
		}
	}
}

func (r *reader) subProcessors(to *[]SubProcessor) field {
	return func(at place) {
		r.list(at, maxSubs, func(at place) {
			var s SubProcessor
			before := len(r.problems)
			r.mapping(at, fields{
				"name":       r.text(&s.Name, 200),
				"country":    r.country(&s.Country),
				"service":    r.text(&s.Service, 200),
				"authorised": r.date(&s.Since),
			})
			if len(r.problems) == before && (s.Name == "" || s.Country == "" || s.Service == "") {
				r.problem(at, "must have a name, a country and a service")
			}
			*to = append(*to, s)
		})
	}
}

func (r *reader) hours(to *[]Hours) field {
	return func(at place) {
		var taken [minutesOfWeek]bool
		before := len(r.problems)
		r.list(at, maxHours, func(at place) {
			h := r.span(at)
			if h.overlap(&taken) {
				r.problem(at, "overlaps other hours")
			}
			*to = append(*to, h)
		})
		r.someOf(at, len(*to), before)
	}
}

// span reads one entry of the hours.
func (r *reader) span(at place) Hours {
	h := Hours{From: -1, Until: -1}
	before := len(r.problems)
	r.mapping(at, fields{
		"days":  r.days(&h.Days),
		"from":  r.clock(&h.From, minutesOfDay-1),
		"until": r.clock(&h.Until, minutesOfDay),
	})
	switch {
	case len(r.problems) > before:
		return Hours{}
	case len(h.Days) == 0 || h.From < 0 || h.Until < 0:
		r.problem(at, "must have days, from and until")
		return Hours{}
	case h.From == h.Until:
		r.problem(at, "ends when it begins: a whole day is from \"00:00\" until \"24:00\"")
		return Hours{}
	}
	return h
}

func (r *reader) days(to *[]time.Weekday) field {
	return func(at place) {
		r.list(at, len(weekdays), func(at place) {
			s, ok := r.scalar(at)
			day := slices.Index(weekdays, s)
			if ok && day < 0 {
				r.problem(at, "must be one of: %s", strings.Join(weekdays, ", "))
			}
			if ok && day >= 0 {
				*to = append(*to, time.Weekday(day))
			}
		})
	}
}
