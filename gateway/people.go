package gateway

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// NewOrganisation is what CreateOrganisation needs.
type NewOrganisation struct {
	Kind    OrganisationKind // client or provider
	Name    string
	Country string // ISO 3166-1 alpha-2
}

// CreateOrganisation adds a client or a provider. It is a duty of the operator. A name is
// one organisation: the same again is the same organisation.
func (g *Gateway) CreateOrganisation(ctx context.Context, caller Caller, n NewOrganisation) (Organisation, error) {
	if n.Kind != KindClient && n.Kind != KindProvider {
		return Organisation{}, &Invalid{Kind: InvalidParameter, Field: "kind", Detail: "must be client or provider"}
	}
	if !policy.IsCountry(n.Country) {
		return Organisation{}, &Invalid{Kind: InvalidParameter, Field: "country", Detail: "must be the code of a country: two capital letters of ISO 3166-1"}
	}
	if err := choke.CheckName("name", n.Name); err != nil {
		return Organisation{}, err
	}
	o := Organisation{ID: OrganisationID(policy.NewID("o")), Kind: n.Kind, Name: n.Name, Country: n.Country}
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionOrganisationCreate,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			s.OnOperator()
			return nil
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			earlier, err := tx.OrganisationByName(ctx, n.Name)
			switch {
			case err == nil:
				if OrganisationKind(earlier.Kind) != n.Kind || earlier.Country != n.Country {
					return &Conflict{Kind: ConflictNameTaken, Detail: "an organisation of another kind or country has the name"}
				}
				o.ID, o.Created = earlier.ID, earlier.Created.Time()
				s.Event().Subject = string(o.ID)
				return nil
			case !choke.IsNoRows(err):
				return fmt.Errorf("reading organisation by name: %w", err)
			}
			o.Created = s.Now()
			s.Event().Subject = string(o.ID)
			return tx.InsertOrganisation(ctx, queries.InsertOrganisationParams{
				ID: o.ID, Kind: string(o.Kind), Name: o.Name, Country: o.Country, Created: queries.At(s.Now())})
		},
	})
	return o, err
}

// NewMember is what AddMember needs.
type NewMember struct {
	Name   string
	Duties []policy.Role // none for people who have roles on contracts only
	Until  time.Time     // zero means no end
}

// AddMember adds a person, or a client system, to an organisation. It is a duty of the
// operator. A name is one member of its organisation: two people of one name would make
// each answer about them a guess. The same again is the same member.
func (g *Gateway) AddMember(ctx context.Context, caller Caller, organisation OrganisationID, n NewMember) (Member, error) {
	if err := choke.CheckName("name", n.Name); err != nil {
		return Member{}, err
	}
	if err := checkPersonal(n.Name); err != nil {
		return Member{}, err
	}
	m := Member{ID: PersonID(policy.NewID("p")), Organisation: organisation, Name: n.Name, Duties: n.Duties, Until: n.Until}
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionMemberAdd,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			o, err := tx.OrganisationForChange(ctx, organisation)
			if err != nil {
				return err
			}
			s.OnOrganisation(o)
			return nil
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if err := checkDuties(s.ObjectKind(), n.Duties); err != nil {
				return err
			}
			if err := checkUntil(n.Until, s.Now()); err != nil {
				return err
			}
			if slices.Contains(n.Duties, policy.RoleAuditor) && !n.Until.After(s.Now()) {
				return &Invalid{Kind: InvalidParameter, Field: "until", Detail: "an auditor comes from outside and stays for a time: set the end"}
			}
			earlier, err := tx.MemberByName(ctx, queries.MemberByNameParams{Organisation: organisation, Name: n.Name, Now: queries.At(s.Now())})
			switch {
			case err == nil:
				m.ID, m.From = earlier.ID, earlier.ValidFrom.Time()
				s.Event().Subject = string(m.ID)
				return sameMember(ctx, tx, s, earlier, n)
			case !choke.IsNoRows(err):
				return fmt.Errorf("reading member by name: %w", err)
			}
			m.From = s.Now()
			s.Event().Subject = string(m.ID)
			return insertMember(ctx, tx, m, caller.Person)
		},
	})
	return m, err
}

// sameMember refuses a member whose name another one has, with other duties or another
// end.
func sameMember(ctx context.Context, tx *database.Tx, s *choke.Scene, earlier queries.Person, n NewMember) error {
	held, err := tx.DutiesInForce(ctx, queries.DutiesInForceParams{Person: earlier.ID, Now: queries.At(s.Now())})
	if err != nil {
		return fmt.Errorf("reading duties: %w", err)
	}
	asked := slices.Sorted(slices.Values(n.Duties))
	if !slices.Equal(held, slices.Compact(asked)) || earlier.ValidUntil != queries.Until(n.Until) {
		return &Conflict{Kind: ConflictNameTaken,
			Detail: "a member of the organisation has the name, with other duties or another end: add to the name what tells the two apart"}
	}
	return nil
}

func insertMember(ctx context.Context, tx *database.Tx, m Member, by PersonID) error {
	err := tx.InsertPerson(ctx, queries.InsertPersonParams{ID: m.ID, Organisation: m.Organisation,
		Name: m.Name, ValidFrom: queries.At(m.From), ValidUntil: queries.Until(m.Until)})
	if err != nil {
		return fmt.Errorf("inserting person: %w", err)
	}
	for _, role := range m.Duties {
		err := tx.InsertDuty(ctx, queries.InsertDutyParams{ID: policy.NewID("m"), Person: m.ID, Role: role,
			GrantedBy: by, ValidFrom: queries.At(m.From), ValidUntil: queries.Until(m.Until)})
		if err != nil {
			return fmt.Errorf("inserting duty: %w", err)
		}
	}
	return nil
}

// checkDuties keeps duties in the kinds of organisation that policy names: only the
// operator's people operate.
func checkDuties(kind OrganisationKind, duties []policy.Role) error {
	for _, d := range duties {
		if !d.HeldAt(kind) {
			return &Invalid{Kind: InvalidParameter, Field: "duties", Detail: "holds a duty that this kind of organisation does not have"}
		}
	}
	return nil
}

// EndMember ends a member's credentials, duties, roles and assignments now, on every
// replica. It is a duty of the operator.
func (g *Gateway) EndMember(ctx context.Context, caller Caller, person PersonID) error {
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionMemberLeave,
		Load:   loadPerson(person),
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			now := queries.At(s.Now())
			if _, err := tx.EndPerson(ctx, queries.EndPersonParams{ID: person, Now: now}); err != nil {
				return err
			}
			if err := tx.EndCredentials(ctx, queries.EndCredentialsParams{Person: person, Now: now}); err != nil {
				return err
			}
			if err := tx.EndDuties(ctx, queries.EndDutiesParams{Person: person, Now: now}); err != nil {
				return err
			}
			if err := tx.EndMemberships(ctx, queries.EndMembershipsParams{Person: person, Now: now}); err != nil {
				return err
			}
			return tx.EndAssignments(ctx, queries.EndAssignmentsParams{Person: person, Now: now})
		},
	})
	return err
}

// loadPerson makes a person's organisation the object of the act.
func loadPerson(person PersonID) func(context.Context, *database.Tx, *choke.Scene) error {
	return func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
		p, err := tx.Person(ctx, person)
		if err != nil {
			return err
		}
		o, err := tx.Organisation(ctx, p.Organisation)
		if err != nil {
			return err
		}
		s.OnOrganisation(o)
		s.Event().Subject = string(p.ID)
		return nil
	}
}

// NewMembership is what GrantRole needs.
type NewMembership struct {
	Person PersonID
	Role   policy.Role
	Until  time.Time // zero means no end
}

// GrantRole gives a person of either party a role on a contract. It is a duty of the
// client's contract manager.
func (g *Gateway) GrantRole(ctx context.Context, caller Caller, contract ContractID, n NewMembership) (Membership, error) {
	m := Membership{ID: MembershipID(policy.NewID("m")), Contract: contract, Person: n.Person, Role: n.Role, Until: n.Until}
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionRoleGrant,
		Load:   choke.LoadDuty(contract),
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			side, err := sideOf(s, n.Role)
			if err != nil {
				return err
			}
			p, err := tx.Person(ctx, n.Person)
			if err != nil || !choke.Within(p.ValidFrom, p.ValidUntil, s.Now()) || p.Organisation != side {
				// A person of another party and an unknown person get the same answer.
				return choke.OrInvalid(err, &Invalid{Kind: InvalidParameter, Field: "person", Detail: "is not a member of the party that this role belongs to"})
			}
			if err := checkUntil(n.Until, s.Now()); err != nil {
				return err
			}
			if err := checkAlone(ctx, tx, s, p.ID, n.Role); err != nil {
				return err
			}
			held, err := tx.MembershipsInForce(ctx, queries.MembershipsInForceParams{
				Person: p.ID, Contract: contract, Now: queries.At(s.Now())})
			if err != nil {
				return fmt.Errorf("reading memberships: %w", err)
			}
			s.Event().Subject = string(p.ID)
			if slices.Contains(held, n.Role) {
				earlier, err := tx.MembershipInForce(ctx, queries.MembershipInForceParams{Person: p.ID, Contract: contract, Role: n.Role, Now: queries.At(s.Now())})
				if err != nil {
					return fmt.Errorf("reading membership: %w", err)
				}
				m.ID, m.From = earlier.ID, earlier.ValidFrom.Time()
				if earlier.ValidUntil != queries.Until(n.Until) {
					return &Conflict{Kind: ConflictState, Detail: "the person holds the role already, until another time"}
				}
				return nil
			}
			m.From = s.Now()
			return tx.InsertMembership(ctx, queries.InsertMembershipParams{ID: m.ID, Contract: contract,
				Person: p.ID, Role: n.Role, GrantedBy: caller.Person, ValidFrom: queries.At(s.Now()), ValidUntil: queries.Until(n.Until)})
		},
	})
	return m, err
}

// sideOf returns the party to which a role belongs. A provider's person cannot be the
// client's system.
func sideOf(s *choke.Scene, role policy.Role) (OrganisationID, error) {
	switch role.Side() {
	case KindClient:
		return s.Client(), nil
	case KindProvider:
		return s.Provider(), nil
	default:
		return "", &Invalid{Kind: InvalidParameter, Field: "role", Detail: "is not a role on a contract"}
	}
}

// EndRole ends a membership now. The end of a handler's role also ends the assignments
// under it. It is a duty of the client's contract manager.
func (g *Gateway) EndRole(ctx context.Context, caller Caller, contract ContractID, id MembershipID) error {
	var m queries.Membership
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionRoleEnd,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			m, err = tx.Membership(ctx, queries.MembershipParams{ID: id, Contract: contract})
			if err != nil {
				return err
			}
			if err := s.OnContract(ctx, tx, contract); err != nil {
				return err
			}
			s.OnDuty()
			s.Event().Subject = string(m.Person)
			return nil
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if _, err := tx.EndMembership(ctx, queries.EndMembershipParams{ID: id, Now: queries.At(s.Now())}); err != nil {
				return err
			}
			if m.Role != policy.RoleHandler {
				return nil
			}
			return tx.EndAssignments(ctx, queries.EndAssignmentsParams{Person: m.Person, Contract: string(contract), Now: queries.At(s.Now())})
		},
	})
	return err
}
