package policy_test

import (
	"fmt"
	"log"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/bordereau/bordereau/policy"
)

// A contract is parsed, compiled once, and asked for each act with the facts of that act.
func Example() {
	text, err := os.ReadFile("../docs/examples/contracts/motor-claims.yaml")
	if err != nil {
		log.Fatal(err)
	}
	terms, err := policy.ParseTerms(text)
	if err != nil {
		log.Fatal(err)
	}
	contract, err := policy.Compile("c_aaaaaaaaaaaaaaaaaaaaaaaaaa", 1, terms)
	if err != nil {
		log.Fatal(err)
	}

	// A handler of the provider reads a claim form, from the site in Tunis, on a Tuesday.
	facts := policy.Facts{
		Action: policy.ActionDocumentRead, Class: "claim-form",
		Person: "p_aaaaaaaaaaaaaaaaaaaaaaaaaa", Organisation: terms.Provider, MemberActive: true,
		Roles:    []policy.Role{policy.RoleHandler},
		Now:      time.Date(2026, time.March, 3, 10, 0, 0, 0, time.UTC),
		Address:  netip.MustParseAddr("192.0.2.7"),
		Contract: &policy.Contract{Status: policy.StatusActive},
		Batch:    &policy.Batch{State: policy.BatchSealed},
		Document: &policy.Document{State: policy.DocumentReceived, Size: 81_920},
		Work:     &policy.Work{Assigned: true, Lease: policy.LeaseHeld},
		Reading:  &policy.Reading{Documents: 12, Bytes: 983_040},
	}
	show := func(who string) {
		d := contract.Decide(facts)
		fmt.Printf("%s: %v, %s\n", who, d.Allowed, d.Reason)
	}
	show("in Tunis")

	facts.Address = netip.MustParseAddr("203.0.113.9")
	show("from home")

	facts.Address = netip.MustParseAddr("192.0.2.7")
	facts.Now = time.Date(2026, time.March, 3, 21, 0, 0, 0, time.UTC)
	show("at night")

	facts.Contract = &policy.Contract{Status: policy.StatusSuspended}
	show("after a suspension")

	// A group of facts that was not read refuses, whatever else is so.
	facts.Contract = nil
	show("by a caller that forgot the contract")
	// Output:
	// in Tunis: true, allowed
	// from home: false, site
	// at night: false, hours
	// after a suspension: false, contract-suspended
	// by a caller that forgot the contract: false, fact-missing
}

// Terms that cannot be read are refused with every problem, each with its path and line.
func ExampleParseTerms() {
	_, err := policy.ParseTerms([]byte("title: Motor claims\nceilings:\n  documents-per-day: many\n  pages-per-day: 10\n"))
	fmt.Println(strings.ReplaceAll(err.Error(), "; ", "\n"))
	// Output:
	// ceilings.documents-per-day (line 3): must be a whole number in digits, 1 to 9007199254740992
	// ceilings.pages-per-day (line 4): is not a known key
}

// A duty is decided by what a person is in their organisation. Two people are needed to
// approve a contract.
func ExampleDuties() {
	duties, err := policy.NewDuties()
	if err != nil {
		log.Fatal(err)
	}
	const client, proposer = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa", "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	facts := policy.Facts{
		Action: policy.ActionContractApprove, Person: proposer, Organisation: client, MemberActive: true,
		Roles:    []policy.Role{policy.RoleContractManager},
		Now:      time.Date(2026, time.March, 3, 10, 0, 0, 0, time.UTC),
		Object:   &policy.Object{Organisation: client},
		Proposal: &policy.Proposal{By: proposer},
	}
	d := duties.Decide(facts)
	fmt.Println(d.Allowed, d.Reason)

	facts.Person = "p_bbbbbbbbbbbbbbbbbbbbbbbbbb"
	d = duties.Decide(facts)
	fmt.Println(d.Allowed, d.Reason)
	// Output:
	// false same-person
	// true allowed
}
