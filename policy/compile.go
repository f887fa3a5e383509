package policy

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Compiled is one version of a contract's terms, ready to decide. It never changes and is
// safe for concurrent use.
type Compiled struct {
	terms    *Terms
	networks []network      // longest prefix first
	hours    []window       // empty: any time
	windDown map[Role]int64 // days after the end, for each role with a wind-down

	// There is one enforcer for each class and one for acts on a whole, because casbin
	// tries every rule that it holds. The enforcer of a class is made at its first
	// decision: casbin takes most of a version's memory, and most versions decide about
	// few of their classes.
	classes map[Class]*compiledClass
	whole   *enforcer
}

type compiledClass struct {
	ClassTerms
	types    mediaTypes
	enforcer func() *enforcer // made once; nil when that failed, which denies
}

// Compile makes a version of a contract ready to decide. Missing or unenforceable terms
// are a *TermsError, also in an approved version.
func Compile(contract string, version int64, t *Terms) (*Compiled, error) {
	if problems := append(t.Missing(), t.Unenforceable()...); len(problems) > 0 {
		return nil, &TermsError{Problems: problems}
	}
	c, err := compile(t, Rules(t))
	if err != nil {
		return nil, fmt.Errorf("compiling contract %s version %d: %w", contract, version, err)
	}
	return c, nil
}

// CompileWithout is Compile without one of the rules: nothing else allows what that rule
// allowed. It shows the effect of a rule, and can only deny more than the contract does.
// A rule that the terms do not make is an error.
func CompileWithout(contract string, version int64, t *Terms, out Rule) (*Compiled, error) {
	if problems := append(t.Missing(), t.Unenforceable()...); len(problems) > 0 {
		return nil, &TermsError{Problems: problems}
	}
	rules := Rules(t)
	i := slices.Index(rules, out)
	if i < 0 {
		return nil, fmt.Errorf("compiling contract %s version %d without a rule: the terms make no such rule", contract, version)
	}
	c, err := compile(t, slices.Delete(rules, i, i+1))
	if err != nil {
		return nil, fmt.Errorf("compiling contract %s version %d without a rule: %w", contract, version, err)
	}
	return c, nil
}

func compile(t *Terms, rules []Rule) (*Compiled, error) {
	c := &Compiled{
		terms: t, networks: networksOf(t.Sites), classes: make(map[Class]*compiledClass, len(t.Classes)),
		windDown: make(map[Role]int64, len(t.WindDown)),
	}
	for _, w := range t.WindDown {
		c.windDown[w.Role] = w.Days
	}
	for _, h := range t.Hours {
		c.hours = append(c.hours, h.windows()...)
	}
	byClass := map[string][][]string{}
	for _, r := range rules {
		byClass[r.Class] = append(byClass[r.Class], r.columns())
	}
	var err error
	if c.whole, err = newEnforcer(contractModel, byClass[WholeClass]); err != nil {
		return nil, err
	}
	for _, terms := range t.Classes {
		rows := byClass[string(terms.Class)]
		c.classes[terms.Class] = &compiledClass{terms, mediaTypesOf(terms.MediaTypes), sync.OnceValue(func() *enforcer {
			e, err := newEnforcer(contractModel, rows)
			if err != nil { // the model is that of whole, and a row has no way to be wrong
				return nil
			}
			return e
		})}
	}
	return c, nil
}

// Weight is how many enforcers the version may come to hold, each of about 10 KB. It
// bounds a cache.
func (c *Compiled) Weight() int { return 1 + len(c.classes) }

// Day is the day of now in the contract's zone, as YYYY-MM-DD. The ceilings count by it.
// A shift that goes on after midnight has one day, that of its beginning.
func (c *Compiled) Day(now time.Time) string {
	local := now.In(c.terms.Validity.Zone)
	if slices.ContainsFunc(c.hours, func(w window) bool { return w.goesOn(local) }) {
		y, m, d := local.Date()
		local = time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC)
	}
	return local.Format(time.DateOnly)
}

// DayEnds is when the day of now ends for the ceilings: at midnight in the contract's
// zone, or with the shift that goes on after it.
func (c *Compiled) DayEnds(now time.Time) time.Time {
	zone, day := c.terms.Validity.Zone, c.Day(now)
	local := now.In(zone)
	end := startOfDay(local.AddDate(0, 0, 1), zone)
	if day != local.Format(time.DateOnly) {
		end = local.Truncate(time.Minute) // within the shift, after midnight
	}
	for c.Day(end) == day {
		end = end.Add(time.Minute)
	}
	return end
}

// Ceilings are the most that a person may read in a day.
func (c *Compiled) Ceilings() Ceilings { return c.terms.Ceilings }

// Expired reports whether the validity of the terms is over.
func (c *Compiled) Expired(now time.Time) bool {
	return !c.terms.Validity.Until.IsZero() && !now.Before(c.terms.Validity.Until)
}

// Lease is how long a lease lasts.
func (c *Compiled) Lease() time.Duration { return c.terms.Lease }

// Classes are the names of the classes, sorted.
func (c *Compiled) Classes() []string {
	names := make([]string, 0, len(c.classes))
	for name := range c.classes {
		names = append(names, string(name))
	}
	slices.Sort(names)
	return names
}

// MaxBytes is the greatest size of a document of the class, -1 when the terms have no
// such class.
func (c *Compiled) MaxBytes(class Class) int64 {
	if k, ok := c.classes[class]; ok {
		return k.MaxBytes
	}
	return -1
}

// MediaTypes are the media types and families that the class allows, as the terms list
// them: none when the terms have no such class. The caller must not change them.
func (c *Compiled) MediaTypes(class Class) []string {
	if k, ok := c.classes[class]; ok {
		return k.MediaTypes
	}
	return nil
}
