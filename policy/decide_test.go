package policy_test

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/policy"
)

// What each role may do under a contract, when every condition holds.
const whoMay = `
                    client-system  provider-manager  handler  provider-compliance  contract-manager  compliance-officer  auditor  operator
batch.open          yes            -                 -        -                    -                 -                   -        -
batch.read          yes            yes               yes      -                    -                 -                   -        -
batch.seal          yes            -                 -        -                    -                 -                   -        -
batch.withdraw      yes            -                 -        -                    yes               -                   -        -
document.withdraw   yes            -                 -        -                    yes               -                   -        -
assignment.create   -              yes               -        -                    -                 -                   -        -
assignment.lease    -              -                 yes      -                    -                 -                   -        -
assignment.inspect  -              yes               -        -                    -                 -                   -        -
assignment.revoke   -              yes               -        -                    -                 -                   -        -
assignment.release  -              -                 yes      -                    -                 -                   -        -
receipt.list        yes            -                 -        -                    -                 -                   -        -
document.receive    yes            -                 -        -                    -                 -                   -        -
document.inspect    yes            yes               yes      -                    -                 -                   -        -
document.read       -              -                 yes      -                    -                 -                   -        -
receipt.read        yes            -                 -        -                    -                 -                   -        -
document.abandon    -              -                 -        -                    -                 -                   -        -
key.rotate          -              -                 -        -                    -                 -                   -        -
contract.read       -              -                 -        -                    -                 -                   -        -
audit.query         -              -                 -        -                    -                 -                   -        -
document.write      -              -                 -        -                    -                 -                   -        -
`

// grid calls f for every cell of a table of rows by columns.
func grid(text string, f func(row, column, cell string)) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	columns := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, column := range columns {
			f(cells[0], column, cells[i+1])
		}
	}
}

func TestWhoMay(t *testing.T) {
	c := motor(t)
	grid(whoMay, func(action, role, cell string) {
		f := favourable(policy.Role(role), policy.Action(action))
		for _, o := range []policy.OrganisationID{insurer, indexer, stranger, ""} {
			f.Organisation = o
			want := policy.ReasonNoRule
			if cell == "yes" && o == organisationOf(f.Roles[0]) {
				want = policy.ReasonAllowed
			}
			got := c.Decide(f)
			if got.Reason != want || got.Allowed != (want == policy.ReasonAllowed) {
				t.Errorf("%s %s of %q: %+v, want %s", role, action, o, got, want)
			}
		}
	})
}

type denial struct {
	name   string
	role   policy.Role
	action policy.Action
	change func(*policy.Facts)
	want   policy.Reason
}

// Each row takes facts under which the act is allowed, and changes one.
var denials = []denial{
	{"who has left", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.MemberActive = false }, policy.ReasonNotAMember},
	{"who has no role on the contract", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Roles = nil }, policy.ReasonNoRole},
	{"a proposed contract", policy.RoleClientSystem, policy.ActionBatchOpen,
		func(f *policy.Facts) { f.Contract.Status = policy.StatusProposed }, policy.ReasonNotInForce},
	{"a contract of which nothing is known", policy.RoleClientSystem, policy.ActionBatchOpen,
		func(f *policy.Facts) { f.Contract.Status = "" }, policy.ReasonNotInForce},
	{"a suspended contract", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Contract.Status = policy.StatusSuspended }, policy.ReasonContractSuspended},
	{"a terminated contract", policy.RoleClientSystem, policy.ActionReceiptRead,
		func(f *policy.Facts) { f.Contract.Status = policy.StatusTerminated }, policy.ReasonContractTerminated},
	{"a contract that was exited", policy.RoleClientSystem, policy.ActionReceiptRead,
		func(f *policy.Facts) { f.Contract.Status, f.Contract.Terminated = policy.StatusExited, f.Now }, policy.ReasonContractExited},
	{"before the first day", policy.RoleClientSystem, policy.ActionDocumentReceive,
		func(f *policy.Facts) { f.Now = paris("2025-12-31 23:59:59.999999999") }, policy.ReasonContractNotBegun},
	{"after the last day", policy.RoleClientSystem, policy.ActionDocumentReceive,
		func(f *policy.Facts) { f.Now = paris("2028-01-01 00:00:00") }, policy.ReasonContractExpired},
	{"another organisation's person in the role", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Organisation = stranger }, policy.ReasonNoRule},
	{"a role of which nothing is known", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Roles = []policy.Role{"handler "} }, policy.ReasonNoRule},
	{"a read of no class", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Class = "" }, policy.ReasonNoRule},
	{"a class that the contract does not have", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Class = "medical-report" }, policy.ReasonUnknownClass},
	{"the class that stands for no class", policy.RoleClientSystem, policy.ActionReceiptRead,
		func(f *policy.Facts) { f.Class = "-" }, policy.ReasonUnknownClass},
	{"a media type of another class", policy.RoleClientSystem, policy.ActionDocumentReceive,
		func(f *policy.Facts) { f.Incoming.MediaType = "image/tiff" }, policy.ReasonMediaType},
	{"a media type in other case", policy.RoleClientSystem, policy.ActionDocumentReceive,
		func(f *policy.Facts) { f.Incoming.MediaType = "Application/PDF" }, policy.ReasonMediaType},
	{"any media type where not any is allowed", policy.RoleClientSystem, policy.ActionDocumentReceive,
		func(f *policy.Facts) { f.Incoming.MediaType = "*/*" }, policy.ReasonMediaType},
	{"one byte too many", policy.RoleClientSystem, policy.ActionDocumentReceive,
		func(f *policy.Facts) { f.Incoming.Size = 20971521 }, policy.ReasonTooLarge},
	{"an empty document", policy.RoleClientSystem, policy.ActionDocumentReceive,
		func(f *policy.Facts) { f.Incoming.Size = 0 }, policy.ReasonEmptyDocument},
	{"a read from elsewhere", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Address = netip.MustParseAddr("192.0.3.7") }, policy.ReasonSite},
	{"a read from an address that is not known", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Address = netip.Addr{} }, policy.ReasonSite},
	{"a lease from elsewhere", policy.RoleHandler, policy.ActionAssignmentLease,
		func(f *policy.Facts) { f.Address = netip.MustParseAddr("2001:db8:8::1") }, policy.ReasonSite},
	{"a read in the evening", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Now = paris("2026-05-06 19:00:00") }, policy.ReasonHours},
	{"a read on a Sunday", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Now = paris("2026-05-10 10:00:00") }, policy.ReasonHours},
	{"a lease before the morning", policy.RoleHandler, policy.ActionAssignmentLease,
		func(f *policy.Facts) { f.Now = paris("2026-05-06 07:59:59") }, policy.ReasonHours},
	{"an upload into a sealed batch", policy.RoleClientSystem, policy.ActionDocumentReceive,
		func(f *policy.Facts) { f.Batch.State = policy.BatchSealed }, policy.ReasonBatchState},
	{"an upload into no batch", policy.RoleClientSystem, policy.ActionDocumentReceive,
		func(f *policy.Facts) { f.Batch.State = "" }, policy.ReasonBatchState},
	{"withdrawing from a sealed batch", policy.RoleClientSystem, policy.ActionDocumentWithdraw,
		func(f *policy.Facts) { f.Batch.State = policy.BatchSealed }, policy.ReasonBatchState},
	{"withdrawing a sealed batch", policy.RoleContractManager, policy.ActionBatchWithdraw,
		func(f *policy.Facts) { f.Batch.State = policy.BatchSealed }, policy.ReasonBatchState},
	{"withdrawing what a hold keeps", policy.RoleContractManager, policy.ActionDocumentWithdraw,
		func(f *policy.Facts) { f.Holds.Standing = true }, policy.ReasonLegalHold},
	{"withdrawing a batch that a hold keeps", policy.RoleClientSystem, policy.ActionBatchWithdraw,
		func(f *policy.Facts) { f.Holds.Standing = true }, policy.ReasonLegalHold},
	{"a second seal", policy.RoleClientSystem, policy.ActionBatchSeal,
		func(f *policy.Facts) { f.Batch.State = policy.BatchSealed }, policy.ReasonBatchState},
	{"assigning an open batch", policy.RoleProviderManager, policy.ActionAssignmentCreate,
		func(f *policy.Facts) { f.Batch.State = policy.BatchOpen }, policy.ReasonBatchNotSealed},
	{"leasing an open batch", policy.RoleHandler, policy.ActionAssignmentLease,
		func(f *policy.Facts) { f.Batch.State = policy.BatchOpen }, policy.ReasonBatchNotSealed},
	{"reading from an open batch", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Batch.State = policy.BatchOpen }, policy.ReasonBatchNotSealed},
	{"a provider's manager looking at an open batch", policy.RoleProviderManager, policy.ActionBatchRead,
		func(f *policy.Facts) { f.Batch.State = policy.BatchOpen }, policy.ReasonBatchNotSealed},
	{"a handler looking at an open batch", policy.RoleHandler, policy.ActionBatchRead,
		func(f *policy.Facts) { f.Batch.State = policy.BatchOpen }, policy.ReasonBatchNotSealed},
	{"a handler looking at a batch of which nothing is known", policy.RoleHandler, policy.ActionBatchRead,
		func(f *policy.Facts) { f.Batch.State = "" }, policy.ReasonBatchNotSealed},
	{"a provider's manager looking at a record of an open batch", policy.RoleProviderManager, policy.ActionDocumentInspect,
		func(f *policy.Facts) { f.Batch.State = policy.BatchOpen }, policy.ReasonBatchNotSealed},
	{"a handler looking at a record of an open batch", policy.RoleHandler, policy.ActionDocumentInspect,
		func(f *policy.Facts) { f.Batch.State = policy.BatchOpen }, policy.ReasonBatchNotSealed},
	{"a document that is still coming", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Document.State = policy.DocumentReceiving }, policy.ReasonDocumentState},
	{"a document that was abandoned", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Document.State = policy.DocumentAbandoned }, policy.ReasonDocumentState},
	{"a handler who looks at the record of another's document", policy.RoleHandler, policy.ActionDocumentInspect,
		func(f *policy.Facts) { f.Work.Assigned = false }, policy.ReasonNotAssigned},
	{"a read without an assignment", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Work.Assigned = false }, policy.ReasonNotAssigned},
	{"a lease of another's assignment", policy.RoleHandler, policy.ActionAssignmentLease,
		func(f *policy.Facts) { f.Work.Assigned = false }, policy.ReasonNotAssigned},
	{"a read without a lease", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Work.Lease = policy.LeaseNone }, policy.ReasonNoLease},
	{"a read under another's lease", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Work.Lease = policy.LeaseOther }, policy.ReasonNoLease},
	{"a read after the lease", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Work.Lease = policy.LeaseExpired }, policy.ReasonLeaseExpired},
	{"one document too many today", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Reading.Documents = 500 }, policy.ReasonCeilingDocuments},
	{"one byte too many today", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Reading.Bytes = 10737418240 - 999 }, policy.ReasonCeilingBytes},
	{"more bytes than can be counted", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Reading.Bytes, f.Document.Size = math.MaxInt64-1, math.MaxInt64 }, policy.ReasonCeilingBytes},
	{"a read of a size that is not known", policy.RoleHandler, policy.ActionDocumentRead,
		func(f *policy.Facts) { f.Document.Size = -1 }, policy.ReasonCeilingBytes},
}

func TestDenied(t *testing.T) {
	c := motor(t)
	for _, d := range denials {
		t.Run(d.name, func(t *testing.T) {
			f := favourable(d.role, d.action)
			if got := c.Decide(f); !got.Allowed || got.Reason != policy.ReasonAllowed {
				t.Fatalf("before the change: %+v", got)
			}
			d.change(&f)
			if got := c.Decide(f); got.Allowed || got.Reason != d.want {
				t.Errorf("%+v, want %s", got, d.want)
			}
		})
	}
}

// Every condition is the reason of some denial: without it, the table would have another
// answer.
func TestEveryConditionMatters(t *testing.T) {
	c := motor(t)
	for i := range policy.Conditions() {
		if !slices.ContainsFunc(denials, func(d denial) bool {
			f := favourable(d.role, d.action)
			d.change(&f)
			return c.ReasonWithout(f, i) != d.want
		}) {
			t.Errorf("nothing changes without condition %d", i)
		}
	}
}

// The first condition that fails is the reason, in the order of the package
// documentation: each step here mends one more fact of a person about whom nothing is
// right.
func TestOrderOfConditions(t *testing.T) {
	c := motor(t)
	f := policy.Facts{Action: policy.ActionDocumentRead, Organisation: stranger, Now: paris("2025-05-04 03:00:00"), Class: "claim-form",
		Contract: &policy.Contract{Status: policy.StatusSuspended}, Batch: &policy.Batch{}, Document: &policy.Document{Size: 1000},
		Work: &policy.Work{}, Reading: &policy.Reading{Documents: 500, Bytes: math.MaxInt64}}
	steps := []struct {
		want policy.Reason
		mend func()
	}{
		{policy.ReasonNotAMember, func() { f.MemberActive = true }},
		{policy.ReasonNoRole, func() { f.Roles = []policy.Role{policy.RoleHandler} }},
		{policy.ReasonContractSuspended, func() { f.Contract.Status = policy.StatusActive }},
		{policy.ReasonContractNotBegun, func() { f.Now = paris("2029-05-04 03:00:00") }},
		{policy.ReasonContractExpired, func() { f.Now = paris("2026-05-06 03:00:00") }},
		{policy.ReasonNoRule, func() { f.Organisation = indexer }},
		{policy.ReasonSite, func() { f.Address = netip.MustParseAddr("192.0.2.7") }},
		{policy.ReasonHours, func() { f.Now = wednesday }},
		{policy.ReasonBatchNotSealed, func() { f.Batch.State = policy.BatchSealed }},
		{policy.ReasonDocumentState, func() { f.Document.State = policy.DocumentReceived }},
		{policy.ReasonNotAssigned, func() { f.Work.Assigned = true }},
		{policy.ReasonNoLease, func() { f.Work.Lease = policy.LeaseHeld }},
		{policy.ReasonCeilingDocuments, func() { f.Reading.Documents = 499 }},
		{policy.ReasonCeilingBytes, func() { f.Reading.Bytes = 10737418240 - 1000 }},
		{policy.ReasonAllowed, func() {}},
	}
	for _, s := range steps {
		if got := c.Decide(f); got.Reason != s.want {
			t.Errorf("%s, want %s", got.Reason, s.want)
		}
		s.mend()
	}
}

// What the terms allow to the last byte and the last second.
func TestAllowedAtTheLimit(t *testing.T) {
	c := motor(t)
	for _, row := range []denial{
		{"the greatest size", policy.RoleClientSystem, policy.ActionDocumentReceive, func(f *policy.Facts) { f.Incoming.Size = 20971520 }, ""},
		{"a size not known yet", policy.RoleClientSystem, policy.ActionDocumentReceive, func(f *policy.Facts) { f.Incoming.Size = -1 }, ""},
		{"the second media type", policy.RoleClientSystem, policy.ActionDocumentReceive,
			func(f *policy.Facts) { f.Class, f.Incoming.MediaType = "scan", "image/jpeg" }, ""},
		{"sending at night from anywhere", policy.RoleClientSystem, policy.ActionDocumentReceive,
			func(f *policy.Facts) { f.Now, f.Address = paris("2026-01-01 00:00:00"), netip.Addr{} }, ""},
		{"the last second", policy.RoleClientSystem, policy.ActionDocumentReceive,
			func(f *policy.Facts) { f.Now = paris("2027-12-31 23:59:59.999999999") }, ""},
		{"the first minute of the hours", policy.RoleHandler, policy.ActionDocumentRead,
			func(f *policy.Facts) { f.Now = paris("2026-05-06 08:00:00") }, ""},
		{"the last second of the hours", policy.RoleHandler, policy.ActionDocumentRead,
			func(f *policy.Facts) { f.Now = paris("2026-05-06 18:59:59") }, ""},
		{"the last document of the day", policy.RoleHandler, policy.ActionDocumentRead,
			func(f *policy.Facts) { f.Reading.Documents = 499 }, ""},
		{"the last byte of the day", policy.RoleHandler, policy.ActionDocumentRead,
			func(f *policy.Facts) { f.Reading.Bytes = 10737418240 - 1000 }, ""},
		{"the client looking at what it is filling", policy.RoleClientSystem, policy.ActionBatchRead,
			func(f *policy.Facts) { f.Batch.State = policy.BatchOpen }, ""},
		{"the client looking at a record of it", policy.RoleClientSystem, policy.ActionDocumentInspect,
			func(f *policy.Facts) { f.Batch.State = policy.BatchOpen }, ""},
		{"a seal that is sent again", policy.RoleClientSystem, policy.ActionBatchSeal,
			func(f *policy.Facts) { *f.Batch = policy.Batch{State: policy.BatchSealed, Resent: true} }, ""},
		{"reading on when the ceilings are reserved", policy.RoleHandler, policy.ActionDocumentRead,
			func(f *policy.Facts) { *f.Reading = policy.Reading{Reserved: true} }, ""},
		{"one's second role", policy.RoleHandler, policy.ActionDocumentRead,
			func(f *policy.Facts) { f.Roles = []policy.Role{policy.RoleProviderManager, policy.RoleHandler} }, ""},
	} {
		f := favourable(row.role, row.action)
		row.change(&f)
		if got := c.Decide(f); !got.Allowed {
			t.Errorf("%s: %+v", row.name, got)
		}
	}
}

func TestDecisionNames(t *testing.T) {
	c := motor(t)
	reading := favourable(policy.RoleHandler, policy.ActionDocumentRead)
	reading.Roles = []policy.Role{policy.RoleProviderManager, policy.RoleHandler}
	suspended := copied(reading)
	suspended.Contract.Status = policy.StatusSuspended
	forbidden := reading
	forbidden.Action = policy.ActionDocumentReceive
	for _, test := range []struct {
		name  string
		facts policy.Facts
		want  policy.Decision
	}{
		{"the role and the clause that allow", reading, policy.Decision{Allowed: true, Reason: policy.ReasonAllowed,
			Role: policy.RoleHandler, Clause: "classes.claim-form", Site: "tunis", Country: "TN"}},
		{"those that would have", suspended, policy.Decision{Reason: policy.ReasonContractSuspended,
			Role: policy.RoleHandler, Clause: "classes.claim-form", Site: "tunis", Country: "TN"}},
		{"no clause when there is none", forbidden, policy.Decision{Reason: policy.ReasonNoRule,
			Role: policy.RoleProviderManager, Site: "tunis", Country: "TN"}},
		{"the party for an act on a whole, and no site of a client",
			favourable(policy.RoleClientSystem, policy.ActionBatchOpen), policy.Decision{Allowed: true,
				Reason: policy.ReasonAllowed, Role: policy.RoleClientSystem, Clause: "client"}},
	} {
		if diff := cmp.Diff(test.want, c.Decide(test.facts)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestSites(t *testing.T) {
	c := motor(t)
	f := favourable(policy.RoleHandler, policy.ActionDocumentRead)
	for address, want := range map[string]string{
		"192.0.2.1":            "tunis",
		"192.0.2.127":          "tunis",
		"192.0.2.128":          "tunis-annex", // the longer network, though the other site stands first
		"192.0.2.255":          "tunis-annex",
		"192.0.3.0":            "",
		"::ffff:192.0.2.200":   "tunis-annex",
		"::ffff:203.0.113.1":   "",
		"198.51.100.16":        "lyon",
		"198.51.100.31":        "lyon",
		"198.51.100.32":        "",
		"2001:db8:7:ffff::1":   "tunis",
		"2001:db8:8::":         "",
		"2001:db8:7::1%eth0":   "", // a zone means another link, where the owner of the address is unknown
		"::c000:201":           "",
		"2002:c000:201::1":     "",
		"64:ff9b::192.0.2.200": "",
	} {
		f.Address = netip.MustParseAddr(address)
		got := c.Decide(f)
		if got.Site != want || got.Allowed != (want != "") {
			t.Errorf("%s: %+v, want site %q", address, got, want)
		}
	}
}

func TestNotInForce(t *testing.T) {
	f := favourable(policy.RoleHandler, policy.ActionDocumentRead)
	check := func(want policy.Reason) {
		t.Helper()
		if got := policy.NotInForce(f); got.Allowed || got.Reason != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	check(policy.ReasonNotInForce)
	f.Contract.Status = policy.StatusProposed
	check(policy.ReasonNotInForce)
	f.Contract.Status = policy.StatusSuspended
	check(policy.ReasonContractSuspended)
	f.Contract.Status = policy.StatusTerminated
	check(policy.ReasonContractTerminated)
	f.Roles = nil
	check(policy.ReasonNoRole)
	f.MemberActive = false
	check(policy.ReasonNotAMember)
}

// Taking any rule out denies exactly what it allowed: casbin decides, and nothing else
// does.
func TestEveryRuleMatters(t *testing.T) {
	terms := read(t, "motor-claims.yaml")
	rows := policy.Rows(terms)
	for i, row := range rows {
		c, err := policy.CompileWithout("c_motor", 1, terms, policy.Rules(terms)[i])
		if err != nil {
			t.Fatal(err)
		}
		for j, other := range rows {
			f := favourable(policy.Role(other[1]), policy.Action(other[3]))
			f.Organisation, f.Class = policy.OrganisationID(other[0]), policy.Class(other[2])
			switch f.Class {
			case "-":
				f.Class = ""
			case "scan":
				f.Incoming.MediaType = "image/tiff"
			}
			want := policy.ReasonAllowed
			if i == j {
				want = policy.ReasonNoRule
			}
			if got := c.Decide(f); got.Reason != want {
				t.Errorf("without %v, %v: %+v, want %s", row, other, got, want)
			}
		}
	}
}

func TestLimitsOfClasses(t *testing.T) {
	motor, logs := motor(t), compile(t, read(t, "it-log-extract.json"))
	if got := motor.MaxBytes("scan"); got != 20971520 {
		t.Errorf("scan: %d bytes", got)
	}
	if diff := cmp.Diff([]string{"image/tiff", "image/jpeg"}, motor.MediaTypes("scan")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{policy.AnyMediaType}, logs.MediaTypes("log-extract")); diff != "" {
		t.Error(diff)
	}
	for _, class := range []policy.Class{"", "-", "log-extract", "SCAN"} {
		if got := motor.MaxBytes(class); got != -1 {
			t.Errorf("%q: %d bytes", class, got)
		}
		if got := motor.MediaTypes(class); got != nil {
			t.Errorf("%q: %v", class, got)
		}
	}
	if motor.Lease() != 8*time.Hour || logs.Lease() != 90*time.Minute {
		t.Errorf("leases of %v and %v", motor.Lease(), logs.Lease())
	}
}

// While the bytes come in, the class decides about what the grant could not know.
func TestUpload(t *testing.T) {
	motor, logs := motor(t), compile(t, read(t, "it-log-extract.json"))
	for _, row := range []struct {
		name      string
		got, want policy.Reason
	}{
		{"the greatest size", motor.Upload("scan").Size(20971520), policy.ReasonAllowed},
		{"one byte more", motor.Upload("scan").Size(20971521), policy.ReasonTooLarge},
		{"content as declared", motor.Upload("scan").Content(policy.Content{Declared: "image/tiff", Fits: true}), policy.ReasonAllowed},
		{"content of another kind", motor.Upload("scan").Content(policy.Content{Declared: "image/tiff"}), policy.ReasonContent},
		{"content of another kind where any will do", logs.Upload("log-extract").Content(policy.Content{Declared: "image/tiff"}), policy.ReasonAllowed},
		{"a byte of a class that the terms do not have", motor.Upload("log-extract").Size(0), policy.ReasonUnknownClass},
		{"content of such a class", motor.Upload("log-extract").Content(policy.Content{Declared: "image/tiff", Fits: true}), policy.ReasonUnknownClass},
		{"a byte for nothing", policy.Upload{}.Size(0), policy.ReasonUnknownClass},
	} {
		if row.got != row.want {
			t.Errorf("%s: %s, want %s", row.name, row.got, row.want)
		}
	}
}

// A class of any media type that may be empty takes everything, up to its size.
func TestAnyMediaType(t *testing.T) {
	c := compile(t, read(t, "it-log-extract.json"))
	f := favourable(policy.RoleClientSystem, policy.ActionDocumentReceive)
	f.Organisation, f.Class, f.Now = "o_gggggggggggggggggggggggggg", "log-extract", time.Date(2026, 6, 20, 0, 0, 0, 0, time.UTC)
	for _, mediaType := range []string{"application/pdf", "application/x-unheard-of", ""} {
		for _, size := range []int64{0, 1, 5497558138880} {
			f.Incoming.MediaType, f.Incoming.Size = mediaType, size
			if got := c.Decide(f); !got.Allowed {
				t.Errorf("%q of %d bytes: %+v", mediaType, size, got)
			}
		}
	}
	f.Incoming.Size++
	if got := c.Decide(f); got.Reason != policy.ReasonTooLarge {
		t.Errorf("too large: %+v", got)
	}
}

func TestDecideConcurrently(t *testing.T) {
	c := motor(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i := range 200 {
				f := favourable(policy.RoleHandler, policy.ActionDocumentRead)
				f.Work.Assigned = i%2 == 0
				if got := c.Decide(f); got.Allowed != f.Work.Assigned {
					t.Errorf("%+v", got)
					return
				}
			}
		})
	}
	wait.Wait()
}
