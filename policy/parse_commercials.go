package policy

const maxBands = 20

func (r *reader) commercials(to *Commercials) field {
	return func(at place) {
		before := len(r.problems)
		r.mapping(at, fields{
			"currency":         r.capitals(&to.Currency, 3),
			"unit":             r.name(&to.Unit),
			"period":           r.oneOf(&to.Period, "month", "quarter", "year"),
			"baseline":         r.number(&to.Baseline, 1, maxNumber),
			"baseline-charge":  r.number(&to.BaselineCharge, 0, maxNumber),
			"deadband-percent": r.number(&to.Deadband, 0, 100),
			"additional":       r.bands(&to.Additional),
			"reduced":          r.bands(&to.Reduced),
			"budget":           r.number(&to.Budget, 1, maxNumber),
			"hard-cap":         r.truth(&to.HardCap),
		})
		if len(r.problems) > before {
			return
		}
		r.needs(at, "currency", "baseline-charge", "additional", "reduced", "budget")
		r.needs(at, "unit", "baseline", "additional", "reduced")
		r.needs(at, "period", "baseline")
		r.needs(at, "baseline", "baseline-charge", "deadband-percent", "additional", "reduced")
	}
}

// needs refuses keys that have no meaning without another.
func (r *reader) needs(at place, key string, ofKeys ...string) {
	if _, ok := r.given[at.path+"."+key]; ok {
		return
	}
	for _, k := range ofKeys {
		if line, ok := r.given[at.path+"."+k]; ok {
			r.problems = append(r.problems, Problem{Path: at.path + "." + k, Line: line, Detail: "has no meaning without " + key})
		}
	}
}

// bands reads prices that follow each other. All but the last give the number of units
// that they reach to.
func (r *reader) bands(to *[]Band) field {
	return func(at place) {
		before := len(r.problems)
		r.list(at, maxBands, func(at place) {
			var b Band
			inside := len(r.problems)
			r.mapping(at, fields{"up-to": r.number(&b.UpTo, 1, maxNumber), "price": r.number(&b.Price, 0, maxNumber)})
			if _, ok := r.given[at.path+".price"]; !ok && len(r.problems) == inside {
				r.problem(at, "has no price")
			}
			if n := len(*to); n > 0 && ((*to)[n-1].UpTo == 0 || b.UpTo != 0 && b.UpTo <= (*to)[n-1].UpTo) {
				r.problem(at, "must reach further than the band before it")
			}
			*to = append(*to, b)
		})
		r.someOf(at, len(*to), before)
	}
}
