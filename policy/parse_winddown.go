package policy

import (
	"slices"
	"strings"
)

// windable are the acts that each role may still do after the end: look at past work, and
// finish work in progress. New work is not among them.
var windable = map[Role][]Action{
	RoleClientSystem:    {ActionBatchRead, ActionDocumentInspect, ActionReceiptRead},
	RoleProviderManager: {ActionBatchRead, ActionDocumentInspect},
	RoleHandler:         {ActionBatchRead, ActionDocumentInspect, ActionAssignmentLease, ActionDocumentRead},
}

// AfterEnd are the acts that a wind-down can leave to the role, none for most roles.
func AfterEnd(role Role) []Action { return slices.Clone(windable[role]) }

func (r *reader) windDown(to *[]WindDown) field {
	return func(at place) {
		before := len(r.problems)
		r.entries(at, func(key string) field {
			if windable[Role(key)] == nil {
				return nil
			}
			return func(at place) { *to = append(*to, r.windDownOf(Role(key), at)) }
		})
		r.someOf(at, len(*to), before)
	}
}

func (r *reader) windDownOf(role Role, at place) WindDown {
	w := WindDown{Role: role}
	before := len(r.problems)
	r.mapping(at, fields{
		"days": r.number(&w.Days, 1, 3660),
		"may": func(at place) {
			r.list(at, len(windable[role]), func(at place) {
				s, ok := r.scalar(at)
				switch {
				case !ok:
				case !slices.Contains(windable[role], Action(s)):
					r.problem(at, "must be one of: %s", words(windable[role]))
				case slices.Contains(w.May, Action(s)):
					r.problem(at, "is given twice")
				default:
					w.May = append(w.May, Action(s))
				}
			})
		},
	})
	if len(r.problems) == before && (w.Days == 0 || len(w.May) == 0) {
		r.problem(at, "must have days and what the role may still do")
	}
	return w
}

func words(actions []Action) string {
	list := make([]string, len(actions))
	for i, a := range actions {
		list[i] = string(a)
	}
	return strings.Join(list, ", ")
}

// categories refuses a class with data categories that the contract bans or does not
// name.
func (r *reader) categories(t *Terms) {
	refuse := func(path, detail string) {
		r.problems = append(r.problems, Problem{Path: path, Line: r.given[path], Detail: detail})
	}
	for _, c := range t.DataCategories {
		if slices.Contains(t.Banned, c) {
			refuse("banned-categories", "bans a category that data-categories allows")
		}
	}
	for _, class := range t.Classes {
		for _, c := range class.Categories {
			if !slices.Contains(t.DataCategories, c) {
				refuse(class.path()+".data-categories", "names a category that is not among the contract's, or that it bans")
			}
		}
	}
}
