package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bordereau/bordereau/gateway/api"
)

// setUp admits the cast and puts the contracts in force.
func (p *player) setUp(ctx context.Context, trades []*trade) error {
	p.chapter("Who takes part")
	if err := p.admitOperator(ctx); err != nil {
		return err
	}
	for _, o := range organisations() {
		if err := p.admitOrganisation(ctx, o); err != nil {
			return err
		}
	}
	for _, a := range people() {
		if err := p.admitPerson(ctx, a); err != nil {
			return err
		}
	}
	p.chapter("What was agreed")
	for _, t := range append(trades, expired()) {
		if err := p.agree(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) admitOperator(ctx context.Context) error {
	operator := &actor{key: "operator", name: "the operator", organisation: "operator", role: api.RoleOperator,
		id: p.config.Operator.Person, secret: p.config.Operator.Secret}
	p.cast[operator.key] = operator
	err := p.signIn(ctx, operator)
	if err == nil {
		p.signers, err = p.keys(ctx, p.anonymous())
	}
	return p.did(err, "the operator signs in; the gateway's public keys are fetched, to check its receipts with")
}

func (p *player) admitOrganisation(ctx context.Context, o *organisation) error {
	made, err := p.createOrganisation(ctx, api.NewOrganisation{Kind: o.kind, Name: o.name, Country: o.country}, p.as(p.cast["operator"]))
	if err == nil {
		o.id = made.ID
		p.organisations[o.key] = o
		if o.kind == api.OrganisationKindClient {
			p.world.Clients[o.key] = o.id
		} else {
			p.world.Providers[o.key] = o.id
		}
	}
	return p.did(err, "%s (%s) takes part as a %s", o.name, o.country, o.kind)
}

func (p *player) admitPerson(ctx context.Context, a *actor) error {
	home := p.organisations[a.organisation]
	n := api.NewMember{Name: a.name}
	if a.isDuty() {
		n.Duties = []api.Role{a.role}
	}
	member, err := p.addMember(ctx, home.id, n, p.as(p.cast["operator"]))
	if err == nil {
		a.id = member.ID
		err = p.enrol(ctx, a)
	}
	return p.did(err, "%s (%s) joins %s as %s", a.name, a.key, home.name, a.role)
}

// enrol gives a member a credential, and signs the member in.
func (p *player) enrol(ctx context.Context, a *actor) error {
	credential, err := p.issueCredential(ctx, a.id, p.as(p.cast["operator"]))
	if err != nil {
		return err
	}
	a.secret = Secret(credential.Secret)
	p.cast[a.key] = a
	return p.signIn(ctx, a)
}

// agree takes a contract from its terms to being in force, and gives people their roles
// on it.
func (p *player) agree(ctx context.Context, t *trade) error {
	if err := p.proposeContract(ctx, t); err != nil {
		return err
	}
	proposer, approver := p.cast[t.proposer], p.cast[t.approver]
	_, err := p.approve(ctx, t.contract, p.as(proposer))
	p.refused(err, refusal{403, "denied", "same-person"}, "%s, who proposed it, cannot approve it", proposer.name)
	approved, err := p.approve(ctx, t.contract, p.as(approver))
	if err == nil && approved.Status != api.ContractStatusActive {
		err = fmt.Errorf("the contract is %s", approved.Status)
	}
	if err := p.did(err, "%s approves it", approver.name); err != nil {
		return err
	}
	return p.grantRoles(ctx, t)
}

func (p *player) proposeContract(ctx context.Context, t *trade) error {
	text, err := terms(t.key, p.organisations[t.client].id, p.organisations[t.provider].id)
	if err == nil {
		t.contract, err = p.propose(ctx, text, p.with(p.cast[t.proposer], call{file: t.key + ".yaml"}))
	}
	if err == nil && (t.contract.Status != api.ContractStatusProposed || len(t.contract.Missing) > 0) {
		err = fmt.Errorf("the contract is %s and misses %v", t.contract.Status, t.contract.Missing)
	}
	if err == nil {
		p.world.Contracts[t.key] = t.contract.ID
	}
	return p.did(err, "%s proposes “%s” with %s", p.cast[t.proposer].name, t.contract.Title, p.organisations[t.provider].name)
}

func (p *player) grantRoles(ctx context.Context, t *trade) error {
	var failed error
	var names []string
	for _, key := range append([]string{t.system, t.manager}, t.handlers...) {
		a := p.cast[key]
		_, err := p.grantRole(ctx, t.contract.ID, api.NewMembership{Person: a.id, Role: a.role}, p.as(p.cast[t.proposer]))
		failed = errors.Join(failed, err)
		names = append(names, a.name)
	}
	return p.did(failed, "%s gives roles on it to %s", p.cast[t.proposer].name, strings.Join(names, ", "))
}
