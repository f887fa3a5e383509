package policy

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// text reads one line of text for people, of at most most bytes. Format characters, such
// as those that turn the direction of writing, could make people read another text than
// the machine.
func (r *reader) text(to *string, most int) field {
	return func(at place) {
		s, ok := r.scalar(at)
		s = strings.TrimSpace(s)
		switch {
		case !ok:
		case s == "":
			r.problem(at, "must not be empty")
		case len(s) > most:
			r.problem(at, "is longer than %d bytes", most)
		case strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsGraphic(c) }):
			r.problem(at, "must be one line without control characters")
		default:
			*to = s
		}
	}
}

// reference reads a reference.
func (r *reader) reference(to *string) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if ok && ParseReference(s) != nil {
			r.problem(at, "%v", ErrReference)
			return
		}
		*to = s
	}
}

// organisation reads an organisation's identifier.
func (r *reader) organisation(to *OrganisationID) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if ok && ParseIdentifier("o", s) != nil {
			r.problem(at, "must be an organisation's identifier, o_ and 26 of a-z 2-7")
			return
		}
		*to = OrganisationID(s)
	}
}

// name reads a word of the alphabet that classes have.
func (r *reader) name(to *string) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if ok && !isName(s) {
			r.problem(at, "must be 1 to 63 of a-z 0-9 -, beginning with a letter")
			return
		}
		*to = s
	}
}

// names reads a list of different names. It must not be empty.
func (r *reader) names(to *[]string) field {
	return func(at place) {
		before := len(r.problems)
		r.list(at, 100, func(at place) {
			var s string
			r.name(&s)(at)
			if s != "" && slices.Contains(*to, s) {
				r.problem(at, "is given twice")
			}
			*to = append(*to, s)
		})
		r.someOf(at, len(*to), before)
	}
}

// someOf refuses an empty list, if nothing else is wrong with it.
func (r *reader) someOf(at place, n, problemsBefore int) {
	if n == 0 && len(r.problems) == problemsBefore {
		r.problem(at, "must not be empty")
	}
}

// oneOf reads one of a few words.
func (r *reader) oneOf(to *string, words ...string) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if ok && !slices.Contains(words, s) {
			r.problem(at, "must be one of: %s", strings.Join(words, ", "))
			return
		}
		*to = s
	}
}

// capitals reads a code of n capital letters, as ISO gives them to countries and
// currencies.
func (r *reader) capitals(to *string, n int) field {
	return func(at place) {
		s, ok := r.scalar(at)
		outside := func(c rune) bool { return c < 'A' || c > 'Z' }
		if ok && (len(s) != n || strings.ContainsFunc(s, outside)) {
			r.problem(at, "must be a code of %d capital letters", n)
			return
		}
		*to = s
	}
}

// number reads a whole number between least and most, in digits only: neither octal, nor
// 1e6, nor 1_000 nor "1".
func (r *reader) number(to *int64, least, most int64) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if !ok {
			return
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || at.node.Tag != "!!int" || strconv.FormatInt(n, 10) != s || n < least || n > most {
			r.problem(at, "must be a whole number in digits, %d to %d", least, most)
			return
		}
		*to = n
	}
}

// truth reads true or false.
func (r *reader) truth(to *bool) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if ok && (at.node.Tag != "!!bool" || s != "true" && s != "false") {
			r.problem(at, "must be true or false")
			return
		}
		*to = s == "true"
	}
}

// duration reads a duration in the notation of Go, such as 7h30m.
func (r *reader) duration(to *time.Duration, least, most time.Duration) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if !ok {
			return
		}
		d, err := time.ParseDuration(s)
		if err != nil || d < least || d > most {
			r.problem(at, "must be a duration such as 7h30m, from %v to %v", least, most)
			return
		}
		*to = d
	}
}

// date reads a day, as the beginning of the same day in UTC.
func (r *reader) date(to *time.Time) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if !ok {
			return
		}
		d, err := time.Parse(time.DateOnly, s)
		if err != nil || d.Year() < 1900 {
			r.problem(at, "must be a day of the calendar, as in 2026-01-31")
			return
		}
		*to = d
	}
}

// zone reads the name of a time zone. "Local" is refused: it depends on the machine.
func (r *reader) zone(to **time.Location) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if !ok {
			return
		}
		location, err := time.LoadLocation(s)
		if err != nil || s == "" || s == "Local" {
			r.problem(at, "must be the name of a time zone, as in Europe/Paris")
			return
		}
		*to = location
	}
}

// network reads a network in CIDR notation. Bits beyond its prefix are refused: the
// author meant something else than the gateway would enforce. IPv4 networks written as
// IPv6 are refused too: no address is compared in that form.
func (r *reader) network(to *netip.Prefix) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if !ok {
			return
		}
		p, err := netip.ParsePrefix(s)
		if err != nil || p != p.Masked() || p.Addr().Is4In6() {
			r.problem(at, "must be a network with only zeros after its prefix, as in 192.0.2.0/24")
			return
		}
		*to = p
	}
}

// mediaType reads a media type without parameters, a family, or the token for any type.
func (r *reader) mediaType(to *string) field {
	return func(at place) {
		s, ok := r.scalar(at)
		kind, sub, slash := strings.Cut(s, "/")
		if ok && s != AnyMediaType && !isFamily(s) && (!slash || !isMediaName(kind) || !isMediaName(sub)) {
			r.problem(at, "must be a media type in lower case without parameters, as in image/tiff, one of the families %s, or %s for any",
				strings.Join(familyNames(), ", "), AnyMediaType)
			return
		}
		*to = s
	}
}

// isMediaName reports whether s is a restricted-name of RFC 6838, section 4.2, in lower
// case.
func isMediaName(s string) bool {
	if s == "" || len(s) > 127 || !isAlphanumeric(s[0]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && !strings.ContainsRune("!#$&-^_.+", rune(c)) || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// clock reads a time of the day as minutes after midnight, at most latest.
func (r *reader) clock(to *int, latest int) field {
	return func(at place) {
		s, ok := r.scalar(at)
		if !ok {
			return
		}
		minutes, valid := parseClock(s)
		if !valid || minutes > latest {
			r.problem(at, "must be a time of the day, as in \"08:30\"")
			return
		}
		*to = minutes
	}
}

// parseClock reads hh:mm, with 24:00 as the end of a day.
func parseClock(s string) (minutes int, ok bool) {
	if s == "24:00" {
		return minutesOfDay, true
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, false
	}
	return t.Hour()*60 + t.Minute(), true
}
