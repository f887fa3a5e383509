package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/policy"
)

func TestDiff(t *testing.T) {
	after := strings.NewReplacer(
		"title: T\n", "",
		"max-bytes: 1000", "max-bytes: 2000",
		"sites: [{name: tunis, country: TN, networks: [192.0.2.0/24]}]",
		"sites: [{name: lyon, country: FR, networks: [198.51.100.0/24]}, {name: tunis, country: TN, networks: [192.0.2.0/25, 192.0.2.128/26]}]",
		"exit: destroy", "exit: return # agreed in March",
	).Replace(minimal)
	got, err := policy.Diff([]byte(minimal), []byte(after))
	if err != nil {
		t.Fatal(err)
	}
	want := []policy.Change{
		{Path: "classes.claim-form.max-bytes", Before: "1000", After: "2000"},
		{Path: "exit", Before: "destroy", After: "return"},
		{Path: "sites[lyon].country", After: "FR"},
		{Path: "sites[lyon].name", After: "lyon"},
		{Path: "sites[lyon].networks", After: "[198.51.100.0/24]"},
		{Path: "sites[tunis].networks", Before: "[192.0.2.0/24]", After: "[192.0.2.0/25, 192.0.2.128/26]"},
		{Path: "title", Before: "T"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := policy.Diff([]byte(minimal), []byte(asJSON(t, []byte(minimal)))); err != nil || len(got) > 0 {
		t.Errorf("the same terms in another form: %v, %v", got, err)
	}
	if _, err := policy.Diff([]byte(minimal), []byte("a: [")); err == nil {
		t.Error("text that is no terms was compared")
	}
}

func TestCompare(t *testing.T) {
	before := parse(t, minimal)
	after := parse(t, strings.Replace(minimal, "classes: {claim-form", "classes: {scan", 1)+
		"wind-down: {client-system: {days: 9, may: [receipt.read]}}\n")
	opened, closed := policy.Compare(before, after)
	var got []string
	for _, r := range opened {
		got = append(got, "+ "+strings.Join([]string{string(r.Role), r.Class, string(r.Action), string(r.Phase), r.Clause}, " "))
	}
	for _, r := range closed {
		got = append(got, "- "+strings.Join([]string{string(r.Role), r.Class, string(r.Action), string(r.Phase), r.Clause}, " "))
	}
	want := []string{
		"+ client-system scan document.receive in-force classes.scan",
		"+ client-system scan document.withdraw in-force classes.scan",
		"+ contract-manager scan document.withdraw in-force classes.scan",
		"+ client-system scan document.inspect in-force classes.scan",
		"+ client-system scan receipt.read in-force classes.scan",
		"+ provider-manager scan document.inspect in-force classes.scan",
		"+ handler scan document.inspect in-force classes.scan",
		"+ handler scan document.read in-force classes.scan",
		"+ client-system scan receipt.read wind-down wind-down.client-system",
		"- client-system claim-form document.receive in-force classes.claim-form",
		"- client-system claim-form document.withdraw in-force classes.claim-form",
		"- contract-manager claim-form document.withdraw in-force classes.claim-form",
		"- client-system claim-form document.inspect in-force classes.claim-form",
		"- client-system claim-form receipt.read in-force classes.claim-form",
		"- provider-manager claim-form document.inspect in-force classes.claim-form",
		"- handler claim-form document.inspect in-force classes.claim-form",
		"- handler claim-form document.read in-force classes.claim-form",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if opened, closed := policy.Compare(before, before); len(opened)+len(closed) > 0 {
		t.Errorf("the same terms: %v %v", opened, closed)
	}
}
