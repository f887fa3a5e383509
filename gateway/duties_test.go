package gateway_test

import (
	"slices"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// A duty is given at its own kind of organisation only. A client's or a provider's member
// never operates the gateway, and a role on a contract is no duty. A refused request
// makes no member.
func TestDutiesBelongToTheirKindOfOrganisation(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	var operator gateway.OrganisationID
	if err := w.Database.Reader().QueryRowContext(t.Context(), "SELECT id FROM organisation WHERE kind = 'operator'").Scan(&operator); err != nil {
		t.Fatal(err)
	}
	everyRole := []policy.Role{policy.RoleClientSystem, policy.RoleProviderManager, policy.RoleHandler, policy.RoleProviderCompliance,
		policy.RoleContractManager, policy.RoleComplianceOfficer, policy.RoleAuditor, policy.RoleOperator, "member", "chief", ""}
	for organisation, allowed := range map[gateway.OrganisationID][]policy.Role{
		operator:   {policy.RoleOperator, policy.RoleComplianceOfficer, policy.RoleAuditor},
		w.Client:   {policy.RoleContractManager, policy.RoleComplianceOfficer, policy.RoleAuditor},
		w.Provider: {},
	} {
		for _, role := range everyRole {
			before := countRows(t, w, "person")
			for _, duties := range [][]policy.Role{{role}, append(slices.Clone(allowed), role)} {
				_, err := w.Gateway.AddMember(t.Context(), w.Operator, organisation,
					gateway.NewMember{Name: "Nina " + string(role), Duties: duties, Until: w.Clock.Now().AddDate(0, 1, 0)})
				if slices.Contains(allowed, role) {
					continue
				}
				if err == nil {
					t.Errorf("a member of %s with the duty %q", organisation, role)
				} else {
					wantInvalid(t, err, gateway.InvalidParameter)
				}
			}
			if after := countRows(t, w, "person"); !slices.Contains(allowed, role) && after != before {
				t.Errorf("%d people were made by what was refused", after-before)
			}
		}
		for _, role := range allowed {
			_, err := w.Gateway.AddMember(t.Context(), w.Operator, organisation,
				gateway.NewMember{Name: "Nora " + string(role), Duties: []policy.Role{role}, Until: w.Clock.Now().AddDate(0, 1, 0)})
			if err != nil {
				t.Errorf("a member of %s with the duty %s: %v", organisation, role, err)
			}
		}
	}
}

// An auditor's duty has an end.
func TestAnAuditorHasAnEnd(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, err := w.Gateway.AddMember(t.Context(), w.Operator, w.Client, gateway.NewMember{Name: "Ada Auditor", Duties: []policy.Role{policy.RoleAuditor}})
	wantInvalid(t, err, gateway.InvalidParameter)
}

// A new organisation is a client or a provider, with a country and a name. There is one
// operator, which the bootstrap makes.
func TestOrganisationsAreRefused(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{})
	good := gateway.NewOrganisation{Kind: gateway.KindClient, Name: "Assurances", Country: "FR"}
	for name, change := range map[string]func(*gateway.NewOrganisation){
		"a second operator":   func(n *gateway.NewOrganisation) { n.Kind = gateway.KindOperator },
		"no kind":             func(n *gateway.NewOrganisation) { n.Kind = "" },
		"another kind":        func(n *gateway.NewOrganisation) { n.Kind = "partner" },
		"no country":          func(n *gateway.NewOrganisation) { n.Country = "" },
		"a country's name":    func(n *gateway.NewOrganisation) { n.Country = "France" },
		"a small country":     func(n *gateway.NewOrganisation) { n.Country = "fr" },
		"a line after it":     func(n *gateway.NewOrganisation) { n.Country = "FR\n" },
		"no name":             func(n *gateway.NewOrganisation) { n.Name = "" },
		"a name of spaces":    func(n *gateway.NewOrganisation) { n.Name = " \u00a0" },
		"a very long name":    func(n *gateway.NewOrganisation) { n.Name = string(make([]rune, 201)) },
		"control characters":  func(n *gateway.NewOrganisation) { n.Name = "Assurances\x1b[2J" },
		"bytes of no charset": func(n *gateway.NewOrganisation) { n.Name = "Assurances \xff" },
	} {
		n := good
		change(&n)
		if _, err := w.Gateway.CreateOrganisation(t.Context(), w.Operator, n); err == nil {
			t.Errorf("%s was taken", name)
		} else {
			wantInvalid(t, err, gateway.InvalidParameter)
		}
	}
	if _, err := w.Gateway.CreateOrganisation(t.Context(), w.Operator, good); err != nil {
		t.Error(err)
	}
}
