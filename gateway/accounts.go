package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// A member is one person or one system, and the ledger names members only. An account
// that several people use would make every answer to "who read this" a guess. The gateway
// refuses a shared account as far as it can recognise one:
//
//   - a name that is a function and not a person, such as "admin" or "team 2"
//     (genericNames);
//   - a client's system that is also a person. A system's secret lies in a configuration
//     file, so the system holds no other role and no duty.

// genericNames are names of functions. A name is compared as a whole, in lower case,
// without digits and punctuation at its end.
var genericNames = []string{
	"account", "admin", "administrator", "agent", "all", "anonymous", "anybody", "client", "compte", "desk", "equipe", "everybody",
	"everyone", "groupe", "group", "guest", "handler", "helpdesk", "info", "invité", "login", "manager", "nobody", "office", "provider",
	"root", "service", "shared", "somebody", "staff", "stagiaire", "support", "system", "team", "temp", "test", "tester", "user",
	"utilisateur", "équipe",
}

// checkPersonal refuses a name that names a function.
func checkPersonal(name string) error {
	word := strings.TrimRight(strings.ToLower(strings.TrimSpace(name)), "0123456789 -_.#")
	if slices.Contains(genericNames, word) {
		return &Invalid{Kind: InvalidParameter, Field: "name", Detail: "names a function: enter one person, or one system, by its own name"}
	}
	return nil
}

// checkUntil refuses an end in the past, with which a member or a role would never exist.
func checkUntil(until, now time.Time) error {
	if !until.IsZero() && !until.After(now) {
		return &Invalid{Kind: InvalidParameter, Field: "until", Detail: "must not be in the past"}
	}
	return nil
}

// checkAlone keeps systems and people apart.
func checkAlone(ctx context.Context, tx *database.Tx, s *choke.Scene, person PersonID, role policy.Role) error {
	roles, err := tx.RolesAnywhere(ctx, queries.RolesAnywhereParams{Person: person, Now: queries.At(s.Now())})
	if err != nil {
		return fmt.Errorf("reading memberships: %w", err)
	}
	duties, err := tx.DutiesInForce(ctx, queries.DutiesInForceParams{Person: person, Now: queries.At(s.Now())})
	if err != nil {
		return fmt.Errorf("reading duties: %w", err)
	}
	for _, held := range slices.Concat(roles, duties) {
		if (held == policy.RoleClientSystem) != (role == policy.RoleClientSystem) {
			return &Invalid{Kind: InvalidParameter, Field: "role", Detail: "would make one account a system and a person"}
		}
	}
	return nil
}
