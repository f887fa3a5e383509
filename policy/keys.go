package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Key is a key that terms may have.
type Key struct {
	// Path is where it stands. NAME is a class's name, and ROLE a role. The keys of a
	// list's entries are below the list.
	Path string

	Does     string   // one sentence, for the JSON Schema and docs/contracts.md
	Recorded bool     // the term is kept and shown as agreed, and nothing enforces it
	Refusals []Reason // of acts, when the term is not met
	Wanted   string   // what is asked for while the term is missing; empty for an optional term

	// Form is the form of the value: the members of its JSON Schema. The members for a
	// mapping follow from the keys below it. ACTS are the acts of a role after the end.
	Form  string
	Needs []string // keys below it that a value must have
}

// These are forms that several keys have.
const (
	aName = `"$ref": "#/$defs/name"`
	aDate = `"$ref": "#/$defs/date"`
	names = `"type": "array", "minItems": 1, "maxItems": 100, "uniqueItems": true, "items": {` + aName + `}`
	party = `"type": "string", "pattern": "^o_[a-z2-7]{26}$"`
	truth = `"type": "boolean", "default": false`
	bands = `"type": "array", "minItems": 1, "maxItems": 20`
)

var nation = aWord(countries...)

func aLine(most int) string {
	return fmt.Sprintf(`"type": "string", "minLength": 1, "maxLength": %d`, most)
}

func aNumber(least, most int64) string {
	return fmt.Sprintf(`"type": "integer", "minimum": %d, "maximum": %d`, least, most)
}

func aWord(of ...string) string { return `"enum": ["` + strings.Join(of, `", "`) + `"]` }

// keys are all keys of terms. The parser reads these and no others, Missing goes by them,
// and the JSON Schema and the table in docs/contracts.md are generated from them.
var keys = []Key{
	{Path: "reference", Does: "names the contract in the parties' own words; it is part of the ledger and cannot be amended, and is not personal data",
		Wanted: "the parties' reference of the contract",
		Form:   `"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$"`},
	{Path: "title", Does: "names the contract for people, in one line", Wanted: "a title", Form: aLine(200)},
	{Path: "client", Does: "the party that sends documents, whose people may have roles; cannot be amended",
		Refusals: []Reason{ReasonNoRole, ReasonNoRule}, Wanted: "the client's organisation", Form: party},
	{Path: "provider", Does: "the party that works on documents, whose people may have roles; cannot be amended",
		Refusals: []Reason{ReasonNoRole, ReasonNoRule}, Wanted: "the provider's organisation", Form: party},
	{Path: "purpose", Does: "the purpose of the processing, in one line", Wanted: "the purpose of the processing", Form: aLine(2000)},
	{Path: "data-categories", Does: "the categories of personal data that documents may hold: checked in the terms, not in the documents",
		Wanted: "the categories of personal data", Form: names},
	{Path: "banned-categories", Does: "categories that no class may hold: checked in the terms, not in the documents", Form: names},

	{Path: "validity", Does: "the time in which the terms hold"},
	{Path: "validity.from", Does: "the first day, from its beginning in the zone",
		Refusals: []Reason{ReasonContractNotBegun}, Wanted: "the first day of validity", Form: aDate},
	{Path: "validity.until", Does: "the last day, to its end; without it the contract ends by termination",
		Refusals: []Reason{ReasonContractExpired}, Form: aDate},
	{Path: "validity.zone", Does: "the zone of all dates, hours and ceilings: a name of the IANA database",
		Wanted: "the time zone of dates and hours", Form: `"type": "string", "minLength": 1, "not": {"const": "Local"}`},

	{Path: "classes", Does: "the documents that may be sent and read, by class",
		Wanted: "the classes of documents", Form: `"minProperties": 1, "maxProperties": 100`},
	{Path: "classes.NAME", Does: "the documents of one class",
		Refusals: []Reason{ReasonUnknownClass, ReasonNoRule}, Needs: []string{"media-types"}},
	{Path: "classes.NAME.media-types", Does: "the allowed types and families, checked by declared type and by first bytes; `*/*` is any but programs, alone or beside `executable`",
		Refusals: []Reason{ReasonMediaType, ReasonContent, ReasonExecutable},
		Form: `"type": "array", "minItems": 1, "maxItems": 50, "uniqueItems": true, "items": {"type": "string", ` +
			`"pattern": "^(\\*/\\*|` + strings.Join(familyNames(), "|") + `|[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126})$"}`},
	{Path: "classes.NAME.max-bytes", Does: "the largest document, declared or counted",
		Refusals: []Reason{ReasonTooLarge}, Wanted: "the greatest size of a document of the class", Form: aNumber(1, maxNumber)},
	{Path: "classes.NAME.delivery", Does: "`supervised`; `sealed` is known and refused at approval",
		Form: aWord(DeliverySupervised, DeliverySealed) + `, "default": "supervised"`},
	{Path: "classes.NAME.allow-empty", Does: "whether a document may be empty", Refusals: []Reason{ReasonEmptyDocument}, Form: truth},
	{Path: "classes.NAME.data-categories", Does: "the contract's categories that the documents hold, any when absent: checked in the terms, not in the documents",
		Form: names},

	{Path: "sites", Does: "the sites from which a lease is taken and content is read",
		Refusals: []Reason{ReasonSite}, Wanted: "the sites that documents are read from",
		Form: `"type": "array", "minItems": 1, "maxItems": 50`, Needs: []string{"name", "country", "networks"}},
	{Path: "sites.name", Does: "the site's name in the ledger", Form: aName},
	{Path: "sites.country", Does: "the site's country in the ledger: ISO 3166-1 alpha-2", Form: nation},
	{Path: "sites.networks", Does: "the site's networks, in CIDR notation; the longest network with the address gives the site",
		Refusals: []Reason{ReasonSite},
		Form: `"type": "array", "minItems": 1, "maxItems": 50, "uniqueItems": true, ` +
			`"items": {"type": "string", "pattern": "^[0-9a-fA-F:.]+/[0-9]{1,3}$"}`},

	{Path: "hours", Does: "the times at which a lease is taken and content is read, in the zone; any time when absent",
		Refusals: []Reason{ReasonHours}, Form: `"type": "array", "minItems": 1, "maxItems": 50`, Needs: []string{"days", "from", "until"}},
	{Path: "hours.days", Does: "the days on which the time begins", Refusals: []Reason{ReasonHours},
		Form: `"type": "array", "minItems": 1, "maxItems": 7, "items": {` + aWord(weekdays...) + `}`},
	{Path: "hours.from", Does: "the first minute", Refusals: []Reason{ReasonHours},
		Form: `"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"`},
	{Path: "hours.until", Does: "the minute after the last; an end that is not after the beginning is on the next day", Refusals: []Reason{ReasonHours},
		Form: `"type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"`},

	{Path: "ceilings", Does: "the most that one person may read in one day of the zone"},
	{Path: "ceilings.documents-per-day", Does: "how many documents", Refusals: []Reason{ReasonCeilingDocuments},
		Wanted: "how many documents a person may read in a day", Form: aNumber(1, maxNumber)},
	{Path: "ceilings.bytes-per-day", Does: "how many bytes", Refusals: []Reason{ReasonCeilingBytes},
		Wanted: "how many bytes a person may read in a day", Form: aNumber(1, maxNumber)},
	{Path: "lease", Does: "how long a handler may read after taking the lease, as in 7h30m: from 1m to 720h",
		Refusals: []Reason{ReasonNoLease, ReasonLeaseExpired}, Form: `"type": "string", "pattern": "^[+0-9].*[hms]$", "default": "8h"`},

	{Path: "retention", Does: "how long documents are kept", Recorded: true},
	{Path: "retention.gateway-days", Does: "for how many days the gateway keeps documents", Recorded: true,
		Wanted: "how long the gateway keeps documents", Form: aNumber(1, century)},
	{Path: "retention.provider-copy-days", Does: "for how many days the provider keeps copies; 0: it keeps none", Recorded: true,
		Wanted: "how long the provider keeps copies", Form: aNumber(0, century)},
	{Path: "exit", Does: "the fate of the documents at the end: `return` or `destroy`", Recorded: true,
		Wanted: "what happens to documents at the end: return or destroy", Form: aWord("return", "destroy")},

	{Path: "wind-down", Does: "the acts that stay allowed after the end; none when absent", Form: `"minProperties": 1`},
	{Path: "wind-down.ROLE", Does: "the acts that the role may still do after the end, and for how long",
		Refusals: []Reason{ReasonWindDownOver}, Needs: []string{"days", "may"}},
	{Path: "wind-down.ROLE.days", Does: "for how many days after the end, on the calendar of the zone",
		Refusals: []Reason{ReasonWindDownOver}, Form: aNumber(1, 3660)},
	{Path: "wind-down.ROLE.may", Does: "the acts",
		Form: `"type": "array", "minItems": 1, "uniqueItems": true, "items": {"enum": ACTS}`},

	{Path: "transfer", Does: "the legal ground for reading documents from another country", Recorded: true,
		Form: `"dependentRequired": {"review": ["assessed"]}`},
	{Path: "transfer.mechanism", Does: "the ground; `none` when documents are not read abroad", Recorded: true,
		Wanted: "the mechanism of transfer to another country, or none", Form: aWord("none", "adequacy", "scc", "bcr", "derogation")},
	{Path: "transfer.instrument", Does: "the day of the instrument", Recorded: true, Form: aDate},
	{Path: "transfer.assessed", Does: "the day of the transfer impact assessment", Recorded: true, Form: aDate},
	{Path: "transfer.review", Does: "the day by which the assessment is made again", Recorded: true, Form: aDate},

	{Path: "sub-processors", Does: "the companies to which the provider may pass work on; `[]` for none", Recorded: true,
		Wanted: "the sub-processors, or [] for none", Form: `"type": "array", "maxItems": 100`, Needs: []string{"name", "country", "service"}},
	{Path: "sub-processors.name", Does: "the company", Recorded: true, Form: aLine(200)},
	{Path: "sub-processors.country", Does: "the company's country: ISO 3166-1 alpha-2", Recorded: true, Form: nation},
	{Path: "sub-processors.service", Does: "the work that is passed on", Recorded: true, Form: aLine(200)},
	{Path: "sub-processors.authorised", Does: "the day on which the client authorised it", Recorded: true, Form: aDate},

	{Path: "commercials", Does: "the costs of the work. Charges and prices are in the smallest unit of the currency", Recorded: true,
		Form: `"dependentRequired": {"additional": ["currency", "unit", "baseline"], "reduced": ["currency", "unit", "baseline"], ` +
			`"baseline": ["unit", "period"], "baseline-charge": ["currency", "baseline"], "deadband-percent": ["baseline"], "budget": ["currency"]}`},
	{Path: "commercials.currency", Does: "the currency: ISO 4217", Recorded: true, Form: `"type": "string", "pattern": "^[A-Z]{3}$"`},
	{Path: "commercials.unit", Does: "the counted unit, as in `document`", Recorded: true, Form: aName},
	{Path: "commercials.period", Does: "the period of the baseline and of the budget", Recorded: true, Form: aWord("month", "quarter", "year")},
	{Path: "commercials.baseline", Does: "the units in a period that the charge pays for", Recorded: true, Form: aNumber(1, maxNumber)},
	{Path: "commercials.baseline-charge", Does: "the charge for these units", Recorded: true, Form: aNumber(0, maxNumber)},
	{Path: "commercials.deadband-percent", Does: "percent of the baseline, above and below, within which the charge stays the same", Recorded: true,
		Form: aNumber(0, 100)},
	{Path: "commercials.additional", Does: "prices of the units above, in bands", Recorded: true, Form: bands, Needs: []string{"price"}},
	{Path: "commercials.additional.up-to", Does: "the number of units up to the end of the band; absent in the last", Recorded: true, Form: aNumber(1, maxNumber)},
	{Path: "commercials.additional.price", Does: "the price of each unit", Recorded: true, Form: aNumber(0, maxNumber)},
	{Path: "commercials.reduced", Does: "credits for the units below, in bands", Recorded: true, Form: bands, Needs: []string{"price"}},
	{Path: "commercials.reduced.up-to", Does: "the number of units up to the end of the band; absent in the last", Recorded: true, Form: aNumber(1, maxNumber)},
	{Path: "commercials.reduced.price", Does: "the credit for each unit", Recorded: true, Form: aNumber(0, maxNumber)},
	{Path: "commercials.budget", Does: "the budget of a period, in whole units of the currency", Recorded: true, Form: aNumber(1, maxNumber)},
	{Path: "commercials.hard-cap", Does: "`true` is known and refused at approval", Form: truth},
}

// Keys are all keys that terms may have. A key comes after the one that it is below.
func Keys() []Key { return slices.Clone(keys) }
