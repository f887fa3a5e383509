package policy_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"github.com/bordereau/bordereau/policy"
)

// minimal are terms with only what is mandatory, one key a line.
const minimal = `reference: R
title: T
client: o_aaaaaaaaaaaaaaaaaaaaaaaaaa
provider: o_bbbbbbbbbbbbbbbbbbbbbbbbbb
purpose: P
data-categories: [identification]
validity: {from: 2026-01-01, until: 2027-12-31, zone: Europe/Paris}
classes: {claim-form: {media-types: [application/pdf], max-bytes: 1000}}
sites: [{name: tunis, country: TN, networks: [192.0.2.0/24]}]
ceilings: {documents-per-day: 10, bytes-per-day: 10000}
retention: {gateway-days: 90, provider-copy-days: 30}
exit: destroy
transfer: {mechanism: none}
sub-processors: []
`

func TestParseTerms(t *testing.T) {
	want := &policy.Terms{
		Reference: "CHQ-2026", Title: "Cheque keying, evening and night",
		Client: "o_cccccccccccccccccccccccccc", Provider: "o_dddddddddddddddddddddddddd",
		Purpose:        "Key amounts and code lines of cheques and report rejects",
		DataCategories: []string{"identification", "bank-account", "payment"},
		Validity:       policy.Validity{Zone: paris("2026-03-01 00:00:00").Location(), From: paris("2026-03-01 00:00:00")},
		Classes: []policy.ClassTerms{
			{Class: "cheque-front", MediaTypes: []string{"image/tiff"}, MaxBytes: 1048576, Delivery: policy.DeliverySupervised},
			{Class: "cheque-back", MediaTypes: []string{"image/tiff"}, MaxBytes: 1048576, Delivery: policy.DeliverySupervised},
			{Class: "bordereau", MediaTypes: []string{"text/csv"}, MaxBytes: 16777216, Delivery: policy.DeliverySupervised},
		},
		Sites: []policy.Site{{Name: "noumea", Country: "NC", Networks: []netip.Prefix{netip.MustParsePrefix("2001:db8:11::/48")}}},
		Hours: []policy.Hours{{Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
			From: 18 * 60, Until: 5 * 60}},
		Ceilings:      policy.Ceilings{DocumentsPerDay: 40000, BytesPerDay: 2147483648},
		Lease:         11 * time.Hour,
		Retention:     policy.Retention{GatewayDays: 30},
		Exit:          "destroy",
		Transfer:      policy.Transfer{Mechanism: "none"},
		SubProcessors: nil,
		Commercials:   policy.Commercials{Currency: "EUR", Budget: 240000},
	}
	got := read(t, "cheques.yaml")
	if diff := cmp.Diff(want, got, sameTerms); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// sameTerms compares what terms say, not where in the text they say it.
var sameTerms = cmp.Options{
	cmpopts.IgnoreUnexported(policy.Terms{}),
	cmpopts.EquateEmpty(),
	cmpopts.SortSlices(func(a, b policy.ClassTerms) bool { return a.Class < b.Class }),
	cmpopts.SortSlices(func(a, b policy.WindDown) bool { return a.Role < b.Role }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
}

// Every example can be approved, and is the same as JSON.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	documented, err := filepath.Glob("../docs/examples/contracts/*.*")
	if err != nil || len(documented) != 5 {
		t.Fatal(documented, err)
	}
	files = append(files, documented...)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		terms := parse(t, string(text))
		if problems := append(terms.Missing(), terms.Unenforceable()...); len(problems) > 0 {
			t.Errorf("%s: %v", file, problems)
		}
		again := parse(t, asJSON(t, text))
		if diff := cmp.Diff(terms, again, sameTerms); diff != "" {
			t.Errorf("%s as JSON:\n%s", file, diff)
		}
	}
}

func asJSON(t *testing.T, text []byte) string {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		t.Fatal(err)
	}
	datesAreText(&node)
	var value any
	if err := node.Decode(&value); err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(value, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func datesAreText(n *yaml.Node) {
	if n.Tag == "!!timestamp" {
		n.Tag = "!!str"
	}
	for _, c := range n.Content {
		datesAreText(c)
	}
}

// exampleOfTerms are the terms in the documentation of ParseTerms.
func exampleOfTerms(t *testing.T) *policy.Terms {
	t.Helper()
	text, err := os.ReadFile("parse.go")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "is marked optional here.\n")
	example, _, _ = strings.Cut(example, "\n//\n// Hours follow")
	return parse(t, strings.ReplaceAll(strings.ReplaceAll(example, "//\t", ""), "//\n", "\n"))
}

func TestExampleOfTermsCompiles(t *testing.T) { compile(t, exampleOfTerms(t)) }

// The format has an example of every key.
func TestExampleOfTermsHasEveryKey(t *testing.T) {
	terms := exampleOfTerms(t)
	first := strings.NewReplacer("NAME", "claim-form", "ROLE", "handler")
	for _, k := range policy.Keys() {
		place := first.Replace(k.Path)
		for _, list := range []string{"sites", "hours", "sub-processors", "commercials.additional", "commercials.reduced"} {
			place = strings.Replace(place, list+".", list+"[0].", 1)
		}
		inLast := strings.Replace(place, "reduced[0]", "additional[0]", 1) // reduced has one band, the last
		if terms.Line(place) == 0 && terms.Line(inLast) == 0 {
			t.Errorf("the documentation of ParseTerms has no example of %s", k.Path)
		}
	}
}

// Each row changes the minimal terms, or is other text as a whole, and is refused at a
// path and a line.
func TestRefused(t *testing.T) {
	const class = "classes: {claim-form: {media-types: [application/pdf], max-bytes: 1000}}"
	const site = "sites: [{name: tunis, country: TN, networks: [192.0.2.0/24]}]"
	const validity = "{from: 2026-01-01, until: 2027-12-31, zone: Europe/Paris}"
	for _, test := range []struct {
		name, old, new string
		path           string
		line           int
		detail         string // a part of it
	}{
		{"an unknown key", "exit: destroy", "exits: destroy", "exits", 12, "not a known key"},
		{"an unknown key within", "zone: Europe/Paris", "zone: Europe/Paris, to: 1", "validity.to", 7, "not a known key"},
		{"a key that is not repeated", "exit: destroy", "\"Mr A\\nB\": x", "?", 12, "not a known key"},
		{"a key in other case", "exit: destroy", "Exit: destroy", "?", 12, "not a known key"},
		{"a key twice", "exit: destroy", "exit: destroy\nexit: return", "exit", 13, "given twice"},
		{"a class twice", class, "classes:\n  a: {media-types: [a/b]}\n  a: {media-types: [a/b]}", "classes.a", 10, "given twice"},
		{"a key twice, first without value", "exit: destroy", "exit:\nexit: return", "exit", 13, "given twice"},
		{"a merge key", "exit: destroy", "<<: {exit: destroy}", "?", 12, "not a known key"},
		{"an anchor", "purpose: P", "purpose: &p P", "purpose", 5, "anchors"},
		{"an anchor on nothing", "exit: destroy", "exit: &a", "exit", 12, "anchors"},
		{"a tag", "purpose: P", "purpose: !!binary UA==", "purpose", 5, "tags"},
		{"a tag on a key", "purpose: P", "!!str purpose: P", "purpose", 5, "tags"},
		{"a mapping for a key", "exit: destroy", "? {a: b}\n: destroy", "?", 12, "not a known key"},
		{"a second document", "sub-processors: []\n", "sub-processors: []\n---\nexit: return\n", "", 15, "several documents"},
		{"something broken after the document", "sub-processors: []\n", "sub-processors: []\n---\n\"\n", "", 16, "end of stream"},
		{"broken YAML", "exit: destroy", "exit: destroy: x", "", 12, "mapping values"},
		{"no text", minimal, "", "", 0, "empty"},
		{"a comment only", minimal, "# nothing\n", "", 0, "empty"},
		{"a list", minimal, "- a\n", "", 1, "mapping"},
		{"a word", minimal, "a\n", "", 1, "mapping"},
		{"too long a text", "title: T", "title: T #" + strings.Repeat("x", 64<<10), "", 0, "longer"},
		{"other bytes than UTF-8", "title: T", "title: T\xff", "", 0, "UTF-8"},
		{"UTF-16", minimal, "\xff\xfea\x00:\x00 \x00b\x00\n\x00", "", 0, "not UTF-8"},

		{"a reference with two dots", "reference: R", "reference: a..b", "reference", 1, "reference"},
		{"an empty title", "title: T", "title: \"  \"", "title", 2, "empty"},
		{"a long title", "title: T", "title: " + strings.Repeat("é", 101), "title", 2, "longer"},
		{"a title of two lines", "title: T", "title: \"a\\nb\"", "title", 2, "one line"},
		{"a title that turns direction", "title: T", "title: \"a\\u202Eb\"", "title", 2, "one line"},
		{"a title that is a list", "title: T", "title: [T]", "title", 2, "one value"},
		{"a client's name", "client: o_aaaaaaaaaaaaaaaaaaaaaaaaaa", "client: Assur", "client", 3, "identifier"},
		{"a person for a client", "client: o_", "client: p_", "client", 3, "identifier"},
		{"one organisation for both", "provider: o_bbbbbbbbbbbbbbbbbbbbbbbbbb", "provider: o_aaaaaaaaaaaaaaaaaaaaaaaaaa", "provider", 4, "another organisation"},
		{"a category twice", "[identification]", "[a, a]", "data-categories[1]", 6, "given twice"},
		{"a category outside the alphabet", "[identification]", "[Identité]", "data-categories[0]", 6, "a-z"},
		{"no category", "[identification]", "[]", "data-categories", 6, "empty"},

		{"a validity that ends first", validity, "{from: 2026-02-01, until: 2026-01-31}", "validity", 7, "ends before"},
		{"a day that there is not", "from: 2026-01-01", "from: 2026-02-29", "validity.from", 7, "calendar"},
		{"a time for a day", "from: 2026-01-01", "from: 2026-01-01T00:00:00Z", "validity.from", 7, "calendar"},
		{"an unknown zone", "zone: Europe/Paris", "zone: Europe/Atlantis", "validity.zone", 7, "time zone"},
		{"the machine's zone", "zone: Europe/Paris", "zone: Local", "validity.zone", 7, "time zone"},
		{"a zone that is a path", "zone: Europe/Paris", "zone: ../../etc/passwd", "validity.zone", 7, "time zone"},
		{"an empty zone", "zone: Europe/Paris", "zone: \"\"", "validity.zone", 7, "time zone"},

		{"no class", class, "classes: {}", "classes", 8, "empty"},
		{"a class in capitals", "claim-form:", "Claim:", "classes.?", 8, "not a class"},
		{"the class that stands for no class", "claim-form:", "\"-\":", "classes.?", 8, "not a class"},
		{"a class with a comma", "claim-form:", "\"a,b\":", "classes.?", 8, "not a class"},
		{"a class without media types", "media-types: [application/pdf], ", "", "classes.claim-form", 8, "no media type"},
		{"a class with an empty list of them", "[application/pdf]", "[]", "classes.claim-form", 8, "no media type"},
		{"a media type in capitals", "application/pdf", "Application/PDF", "classes.claim-form.media-types[0]", 8, "media type"},
		{"a media type with parameters", "application/pdf", "text/csv;header=present", "classes.claim-form.media-types[0]", 8, "media type"},
		{"all subtypes", "application/pdf", "image/*", "classes.claim-form.media-types[0]", 8, "media type"},
		{"half a media type", "application/pdf", "pdf", "classes.claim-form.media-types[0]", 8, "media type"},
		{"any and another", "[application/pdf]", "[\"*/*\", image/tiff]", "classes.claim-form.media-types", 8, "alone"},
		{"any and a family", "[application/pdf]", "[\"*/*\", office]", "classes.claim-form.media-types", 8, "alone"},
		{"no such family", "[application/pdf]", "[offices]", "classes.claim-form.media-types[0]", 8, "office, scan, image"},
		{"a family twice", "[application/pdf]", "[office, office]", "classes.claim-form.media-types[1]", 8, "given twice"},
		{"a media type twice", "[application/pdf]", "[a/b, a/b]", "classes.claim-form.media-types[1]", 8, "given twice"},
		{"a media type by itself", "[application/pdf]", "application/pdf", "classes.claim-form.media-types", 8, "must be a list"},
		{"no bytes", "max-bytes: 1000", "max-bytes: 0", "classes.claim-form.max-bytes", 8, "whole number"},
		{"negative bytes", "max-bytes: 1000", "max-bytes: -1", "classes.claim-form.max-bytes", 8, "whole number"},
		{"half a byte", "max-bytes: 1000", "max-bytes: 0.5", "classes.claim-form.max-bytes", 8, "whole number"},
		{"a power", "max-bytes: 1000", "max-bytes: 1e6", "classes.claim-form.max-bytes", 8, "whole number"},
		{"octal bytes", "max-bytes: 1000", "max-bytes: 0777", "classes.claim-form.max-bytes", 8, "whole number"},
		{"bytes in words", "max-bytes: 1000", "max-bytes: \"1000\"", "classes.claim-form.max-bytes", 8, "whole number"},
		{"more bytes than can be counted", "max-bytes: 1000", "max-bytes: 9007199254740993", "classes.claim-form.max-bytes", 8, "whole number"},
		{"another delivery", "max-bytes: 1000", "max-bytes: 1000, delivery: post", "classes.claim-form.delivery", 8, "one of"},
		{"perhaps empty", "max-bytes: 1000", "max-bytes: 1000, allow-empty: yes", "classes.claim-form.allow-empty", 8, "true or false"},
		{"true in words", "max-bytes: 1000", "max-bytes: 1000, allow-empty: \"true\"", "classes.claim-form.allow-empty", 8, "true or false"},

		{"no site", site, "sites: []", "sites", 9, "empty"},
		{"a site without a country", "country: TN, ", "", "sites[0]", 9, "must have"},
		{"a country in small letters", "country: TN", "country: tn", "sites[0].country", 9, "capital letters"},
		{"a site without networks", "[192.0.2.0/24]", "[]", "sites[0]", 9, "must have"},
		{"bits beyond the prefix", "192.0.2.0/24", "192.0.2.1/24", "sites[0].networks[0]", 9, "only zeros"},
		{"an address", "192.0.2.0/24", "192.0.2.1", "sites[0].networks[0]", 9, "network"},
		{"an IPv4 network as IPv6", "192.0.2.0/24", "\"::ffff:192.0.2.0/120\"", "sites[0].networks[0]", 9, "network"},
		{"a network of a zone", "192.0.2.0/24", "\"fe80::%eth0/64\"", "sites[0].networks[0]", 9, "network"},
		{"a network twice", "[192.0.2.0/24]}]", "[192.0.2.0/24]}, {name: b, country: FR, networks: [192.0.2.0/24]}]", "sites[1].networks[0]", 9, "given twice"},
		{"a site's name twice", "[192.0.2.0/24]}]", "[192.0.2.0/24]}, {name: tunis, country: FR, networks: [10.0.0.0/8]}]", "sites[1]", 9, "name of another"},

		{"hours without days", "exit: destroy", "exit: destroy\nhours: [{from: \"08:00\", until: \"09:00\"}]", "hours[0]", 13, "must have"},
		{"no hours", "exit: destroy", "exit: destroy\nhours: []", "hours", 13, "empty"},
		{"a day in French", "exit: destroy", "exit: destroy\nhours: [{days: [lun], from: \"08:00\", until: \"09:00\"}]", "hours[0].days[0]", 13, "one of"},
		{"an hour of one digit", "exit: destroy", "exit: destroy\nhours: [{days: [mon], from: \"8:00\", until: \"09:00\"}]", "hours[0].from", 13, "time of the day"},
		{"an hour that there is not", "exit: destroy", "exit: destroy\nhours: [{days: [mon], from: \"08:00\", until: \"24:01\"}]", "hours[0].until", 13, "time of the day"},
		{"from the end of the day", "exit: destroy", "exit: destroy\nhours: [{days: [mon], from: \"24:00\", until: \"08:00\"}]", "hours[0].from", 13, "time of the day"},
		{"no time at all", "exit: destroy", "exit: destroy\nhours: [{days: [mon], from: \"08:00\", until: \"08:00\"}]", "hours[0]", 13, "ends when it begins"},
		{"a day twice", "exit: destroy", "exit: destroy\nhours: [{days: [mon, mon], from: \"08:00\", until: \"09:00\"}]", "hours[0]", 13, "overlaps"},
		{"overlapping hours", "exit: destroy", "exit: destroy\nhours:\n- {days: [mon], from: \"08:00\", until: \"12:00\"}\n- {days: [mon], from: \"11:59\", until: \"18:00\"}", "hours[1]", 15, "overlaps"},
		{"hours overlapping over the week's end", "exit: destroy", "exit: destroy\nhours:\n- {days: [sun], from: \"00:00\", until: \"01:00\"}\n- {days: [sat], from: \"23:00\", until: \"00:01\"}", "hours[1]", 15, "overlaps"},

		{"no documents", "documents-per-day: 10", "documents-per-day: 0", "ceilings.documents-per-day", 10, "whole number"},
		{"a short lease", "exit: destroy", "exit: destroy\nlease: 59s", "lease", 13, "duration"},
		{"a long lease", "exit: destroy", "exit: destroy\nlease: 721h", "lease", 13, "duration"},
		{"a lease without a unit", "exit: destroy", "exit: destroy\nlease: 8", "lease", 13, "duration"},
		{"no retention", "gateway-days: 90", "gateway-days: 0", "retention.gateway-days", 11, "whole number"},
		{"another exit", "exit: destroy", "exit: keep", "exit", 12, "one of"},
		{"another mechanism", "mechanism: none", "mechanism: trust", "transfer.mechanism", 13, "one of"},
		{"a sub-processor without a country", "sub-processors: []", "sub-processors: [{name: a, service: b}]", "sub-processors[0]", 14, "must have"},
		{"a budget without a currency", "exit: destroy", "exit: destroy\ncommercials: {budget: 5}", "commercials.budget", 13, "currency"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(minimal, test.old, test.new, 1)
			if text == minimal {
				t.Fatal("the row changes nothing")
			}
			_, err := policy.ParseTerms([]byte(text))
			refused, ok := errors.AsType[*policy.TermsError](err)
			if !ok || len(refused.Problems) != 1 {
				t.Fatalf("%v, want one problem", err)
			}
			got := refused.Problems[0]
			if got.Path != test.path || got.Line != test.line || !strings.Contains(got.Detail, test.detail) {
				t.Errorf("%+v, want %s in line %d: %s", got, test.path, test.line, test.detail)
			}
		})
	}
}

// An alias needs an anchor, so there are two problems.
func TestAliasRefused(t *testing.T) {
	_, err := policy.ParseTerms([]byte("title: &t T\npurpose: *t\n"))
	want := "title (line 1): anchors are not allowed; purpose (line 2): aliases are not allowed"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestAllProblemsInOrder(t *testing.T) {
	text := strings.NewReplacer("title: T", "title: [T]", "exit: destroy", "exit: keep", "client: o_", "client: x_").Replace(minimal)
	_, err := policy.ParseTerms([]byte(text))
	want := "title (line 2): must be one value; client (line 3): must be an organisation's identifier, " +
		"o_ and 26 of a-z 2-7; exit (line 12): must be one of: return, destroy"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	_, err := policy.ParseTerms([]byte("data-categories: [" + strings.Repeat("A,", 100) + "]"))
	refused, ok := errors.AsType[*policy.TermsError](err)
	if !ok || len(refused.Problems) > 60 {
		t.Errorf("%v", err)
	}
}

func TestTooMany(t *testing.T) {
	var b strings.Builder
	for i := range 101 {
		b.WriteString("  c" + strings.Repeat("x", i%60) + string(rune('a'+i/60)) + ": {media-types: [a/b]}\n")
	}
	for name, text := range map[string]string{
		"classes": "classes:\n" + b.String(),
		"sites":   "sites: [" + strings.Repeat("{},", 51) + "]",
	} {
		if _, err := policy.ParseTerms([]byte(text)); err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A value is its literal text: nothing of what YAML makes of Norway, of zeros or of
// numbers.
func TestLiteralText(t *testing.T) {
	text := strings.NewReplacer("reference: R", "reference: 007", "title: T", "title: true", "country: TN", "country: NO",
		"purpose: P", "purpose: 1.50").Replace(minimal)
	terms := parse(t, text)
	if terms.Reference != "007" || terms.Title != "true" || terms.Sites[0].Country != "NO" || terms.Purpose != "1.50" {
		t.Errorf("%+v", terms)
	}
}

func TestMissing(t *testing.T) {
	if got := parse(t, minimal).Missing(); len(got) > 0 {
		t.Errorf("of the minimal terms: %v", got)
	}
	for _, test := range []struct{ old, new, path string }{
		{"reference: R", "", "reference"},
		{"title: T", "title:", "title"},
		{"title: T", "title: ~", "title"},
		{"client: o_aaaaaaaaaaaaaaaaaaaaaaaaaa", "", "client"},
		{"provider: o_bbbbbbbbbbbbbbbbbbbbbbbbbb", "", "provider"},
		{"purpose: P", "", "purpose"},
		{"data-categories: [identification]", "", "data-categories"},
		{"from: 2026-01-01, ", "", "validity.from"},
		{", zone: Europe/Paris", "", "validity.zone"},
		{"classes: {claim-form: {media-types: [application/pdf], max-bytes: 1000}}", "", "classes"},
		{", max-bytes: 1000", "", "classes.claim-form.max-bytes"},
		{"sites: [{name: tunis, country: TN, networks: [192.0.2.0/24]}]", "", "sites"},
		{"documents-per-day: 10, ", "", "ceilings.documents-per-day"},
		{", bytes-per-day: 10000", "", "ceilings.bytes-per-day"},
		{"gateway-days: 90, ", "", "retention.gateway-days"},
		{", provider-copy-days: 30", "", "retention.provider-copy-days"},
		{"exit: destroy", "", "exit"},
		{"mechanism: none", "", "transfer.mechanism"},
		{"sub-processors: []", "", "sub-processors"},
	} {
		terms := parse(t, strings.Replace(minimal, test.old, test.new, 1))
		got := terms.Missing()
		if len(got) != 1 || got[0].Path != test.path {
			t.Errorf("without %s: %v", test.path, got)
		}
		if _, err := policy.Compile("c", 1, terms); !isTermsError(err) {
			t.Errorf("compiled without %s: %v", test.path, err)
		}
	}
	if got := len(parse(t, "{}").Missing()); got != 17 {
		t.Errorf("of empty terms: %d problems", got)
	}
}

func TestUnenforceable(t *testing.T) {
	if got := parse(t, minimal).Unenforceable(); len(got) > 0 {
		t.Errorf("of the minimal terms: %v", got)
	}
	for _, test := range []struct{ old, new, path string }{
		{"max-bytes: 1000", "max-bytes: 1000, delivery: sealed", "classes.claim-form.delivery"},
		{"title: T", "title: T\ncommercials: {currency: EUR, budget: 5, hard-cap: true}", "commercials.hard-cap"},
	} {
		terms := parse(t, strings.Replace(minimal, test.old, test.new, 1))
		got := terms.Unenforceable()
		if len(got) != 1 || got[0].Path != test.path || got[0].Line == 0 {
			t.Errorf("with %s: %v", test.path, got)
		}
		if _, err := policy.Compile("c", 1, terms); !isTermsError(err) {
			t.Errorf("compiled with %s: %v", test.path, err)
		}
	}
}

// A person who approves terms is told which ones have no effect yet.
func TestRecordedTermsAreNamed(t *testing.T) {
	terms := parse(t, strings.Replace(minimal, "title: T", "title: T\ncommercials: {currency: EUR, budget: 5}", 1))
	var got []string
	for _, p := range terms.Recorded() {
		if p.Line == 0 || !strings.Contains(p.Detail, "nothing enforces it yet: ") {
			t.Errorf("%+v", p)
		}
		got = append(got, p.Path)
	}
	if want := []string{"retention", "exit", "transfer", "sub-processors", "commercials"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := parse(t, "title: T").Recorded(); len(got) > 0 {
		t.Errorf("of terms without any of them: %v", got)
	}
}

// The terms say that nothing is read abroad, and name two countries.
func TestTransferToNowhere(t *testing.T) {
	for sub, doubts := range map[string]int{"[]": 0, "[{name: S, country: TN, service: keying}]": 0, "[{name: S, country: MU, service: keying}]": 1} {
		terms := parse(t, strings.Replace(minimal, "sub-processors: []", "sub-processors: "+sub, 1))
		got := terms.Doubts()
		if len(got) != doubts || doubts > 0 && (got[0].Line == 0 || !strings.Contains(got[0].Detail, "MU, TN")) {
			t.Errorf("with sub-processors %s: %+v", sub, got)
		}
		terms = parse(t, strings.Replace(strings.Replace(minimal, "sub-processors: []", "sub-processors: "+sub, 1), "mechanism: none", "mechanism: scc", 1))
		if got := terms.Doubts(); len(got) > 0 {
			t.Errorf("with a mechanism: %+v", got)
		}
	}
}

func TestCountries(t *testing.T) {
	for code, ok := range map[string]bool{"FR": true, "MA": true, "NC": true, "XK": true, "UK": false, "EU": false, "AN": false, "fr": false, "FRA": false, "": false} {
		if policy.IsCountry(code) != ok {
			t.Errorf("%q", code)
		}
		if code == "" {
			continue // no value is no country yet
		}
		_, err := policy.ParseTerms([]byte(strings.Replace(minimal, "country: TN", "country: "+code, 1)))
		if (err == nil) != ok {
			t.Errorf("a site in %q: %v", code, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	terms := parse(t, minimal)
	if terms.Lease != policy.DefaultLease || terms.Classes[0].Delivery != policy.DeliverySupervised || terms.Classes[0].AllowEmpty {
		t.Errorf("%+v", terms)
	}
}

func isTermsError(err error) bool {
	_, ok := errors.AsType[*policy.TermsError](err)
	return ok
}
