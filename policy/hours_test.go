package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/policy"
)

// paris is a time on the clocks of Paris.
func paris(s string) time.Time { return at("Europe/Paris", s) }

func at(zone, s string) time.Time {
	location, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	t, err := time.ParseInLocation(time.DateTime, s, location)
	if err != nil {
		panic(err)
	}
	return t
}

// The cheque contract is worked on from Monday to Friday, 18:00 until 05:00 of the next
// day, on the clocks of Paris.
func TestHoursOverMidnight(t *testing.T) {
	check := timetable(t, read(t, "cheques.yaml"))
	for now, open := range map[string]bool{
		"2026-05-04 04:59:59": false, // Monday: the window of Sunday evening does not exist
		"2026-05-04 17:59:59": false,
		"2026-05-04 18:00:00": true,
		"2026-05-04 23:59:59": true,
		"2026-05-05 00:00:00": true,
		"2026-05-05 04:59:59": true,
		"2026-05-05 05:00:00": false,
		"2026-05-09 04:59:59": true, // Saturday: the night of Friday
		"2026-05-09 05:00:00": false,
		"2026-05-09 18:00:00": false,
		"2026-05-10 18:00:00": false,
	} {
		check(paris(now), open)
	}
}

// A window that begins on Saturday night reaches over the end of the week as time.Weekday
// counts it.
func TestHoursOverTheWeek(t *testing.T) {
	check := timetable(t, withHours(t, `[{days: [sat], from: "22:00", until: "02:00"}]`))
	check(paris("2026-05-09 21:59:59"), false)
	check(paris("2026-05-09 22:00:00"), true)
	check(paris("2026-05-10 01:59:59"), true)
	check(paris("2026-05-10 02:00:00"), false)
	check(paris("2026-05-03 01:59:59"), true)
	check(paris("2026-05-04 01:59:59"), false)
}

// In Paris the clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to
// 02:00 on 25 October.
func TestHoursWhenClocksChange(t *testing.T) {
	check := timetable(t, withHours(t, `[{days: [sun], from: "02:30", until: "03:30"}]`))
	spring := paris("2026-03-29 01:59:59").Add(time.Second) // 03:00
	check(spring.Add(-time.Second), false)
	check(spring, true)
	check(spring.Add(29*time.Minute), true)
	check(spring.Add(30*time.Minute), false)

	autumn := paris("2026-10-25 01:59:59").Add(time.Second) // 02:00, the first time
	check(autumn.Add(29*time.Minute), false)
	check(autumn.Add(30*time.Minute), true)
	check(autumn.Add(59*time.Minute), true)
	check(autumn.Add(60*time.Minute), false) // 02:00 again
	check(autumn.Add(90*time.Minute), true)
	check(autumn.Add(149*time.Minute), true)
	check(autumn.Add(150*time.Minute), false)
}

// The same wall-clock hour is another instant in summer and in winter.
func TestHoursFollowTheZone(t *testing.T) {
	check := timetable(t, read(t, "motor-claims.yaml"))
	check(time.Date(2026, 1, 7, 6, 59, 0, 0, time.UTC), false)
	check(time.Date(2026, 1, 7, 7, 0, 0, 0, time.UTC), true)
	check(time.Date(2026, 7, 8, 5, 59, 0, 0, time.UTC), false)
	check(time.Date(2026, 7, 8, 6, 0, 0, 0, time.UTC), true)
	check(time.Date(2026, 7, 8, 17, 0, 0, 0, time.UTC), false)
}

func TestNoHoursMeansAnyTime(t *testing.T) {
	check := timetable(t, read(t, "loyalty-statements.yaml"))
	for h := range 7 * 24 {
		check(wednesday.Add(time.Duration(h)*time.Hour), true)
	}
}

// withHours are small terms with hours.
func withHours(t *testing.T, hours string) *policy.Terms {
	t.Helper()
	return parse(t, "hours: "+hours+"\n"+minimal)
}

// timetable checks whether a handler at the first of the contract's sites may lease at
// now.
func timetable(t *testing.T, terms *policy.Terms) (check func(now time.Time, open bool)) {
	t.Helper()
	c := compile(t, terms)
	f := favourable(policy.RoleHandler, policy.ActionAssignmentLease)
	f.Organisation, f.Address = terms.Provider, terms.Sites[0].Networks[0].Addr()
	return func(now time.Time, open bool) {
		t.Helper()
		f.Now = now
		want := policy.ReasonHours
		if open {
			want = policy.ReasonAllowed
		}
		if got := c.Decide(f); got.Reason != want {
			t.Errorf("%s: %+v, want %s", now.Format(time.RFC3339), got, want)
		}
	}
}

func TestDay(t *testing.T) {
	c := motor(t)
	for now, want := range map[time.Time]string{
		time.Date(2026, 1, 31, 22, 59, 59, 0, time.UTC):                  "2026-01-31",
		time.Date(2026, 1, 31, 23, 0, 0, 0, time.UTC):                    "2026-02-01",
		time.Date(2026, 7, 31, 21, 59, 59, 0, time.UTC):                  "2026-07-31",
		time.Date(2026, 7, 31, 22, 0, 0, 0, time.UTC):                    "2026-08-01",
		time.Date(2026, 7, 31, 23, 0, 0, 0, time.FixedZone("", 14*3600)): "2026-07-31",
	} {
		if got := c.Day(now); got != want {
			t.Errorf("%v: %s, want %s", now, got, want)
		}
	}
}

// Midnight is not there, or there twice, where clocks change at midnight.
func TestValidityWhereMidnightIsOdd(t *testing.T) {
	for _, test := range []struct {
		zone, from, until   string
		wantFrom, wantUntil string // UTC
	}{
		{"Europe/Paris", "2026-01-01", "2026-12-31", "2025-12-31 23:00:00", "2026-12-31 23:00:00"},
		{"Europe/Paris", "2026-03-29", "2026-03-29", "2026-03-28 23:00:00", "2026-03-29 22:00:00"},
		{"Asia/Beirut", "2022-03-27", "2022-03-27", "2022-03-26 22:00:00", "2022-03-27 21:00:00"},       // 00:00 → 01:00
		{"America/Havana", "2022-11-06", "2022-11-06", "2022-11-06 04:00:00", "2022-11-07 05:00:00"},    // 01:00 → 00:00
		{"America/Sao_Paulo", "2018-02-17", "2018-02-17", "2018-02-17 02:00:00", "2018-02-18 03:00:00"}, // 00:00 → 23:00
		{"Pacific/Kiritimati", "2026-01-01", "2026-01-01", "2025-12-31 10:00:00", "2026-01-01 10:00:00"},
	} {
		terms := parse(t, strings.Replace(minimal, "{from: 2026-01-01, until: 2027-12-31, zone: Europe/Paris}",
			"{from: "+test.from+", until: "+test.until+", zone: "+test.zone+"}", 1))
		if got := terms.From().UTC().Format(time.DateTime); got != test.wantFrom {
			t.Errorf("%s from %s: %s, want %s", test.zone, test.from, got, test.wantFrom)
		}
		if got := terms.Until().UTC().Format(time.DateTime); got != test.wantUntil {
			t.Errorf("%s until %s: %s, want %s", test.zone, test.until, got, test.wantUntil)
		}
	}
}

func TestNoEnd(t *testing.T) {
	terms := read(t, "cheques.yaml")
	if !terms.Until().IsZero() {
		t.Errorf("until %v", terms.Until())
	}
	f := favourable(policy.RoleClientSystem, policy.ActionBatchOpen)
	f.Organisation, f.Now = terms.Client, paris("2126-05-06 10:00:00")
	if got := compile(t, terms).Decide(f); !got.Allowed {
		t.Errorf("%+v", got)
	}
}

// A shift that goes on after midnight has one day, that of its beginning, and the
// ceilings begin anew with its end. Any other time has the day of the calendar.
func TestANightShiftHasOneDay(t *testing.T) {
	text := strings.Replace(minimal, "classes: {", "hours:\n  - {days: [mon, tue, sat], from: \"22:00\", until: \"06:00\"}\n  - {days: [wed], from: \"08:00\", until: \"18:00\"}\nclasses: {", 1)
	c := compile(t, parse(t, text))
	for at, want := range map[string]struct{ day, ends string }{
		"2026-05-04 21:00:00": {"2026-05-04", "2026-05-05 06:00:00"}, // Monday, before the shift
		"2026-05-04 23:59:59": {"2026-05-04", "2026-05-05 06:00:00"},
		"2026-05-05 00:00:00": {"2026-05-04", "2026-05-05 06:00:00"},
		"2026-05-05 05:59:59": {"2026-05-04", "2026-05-05 06:00:00"},
		"2026-05-05 06:00:00": {"2026-05-05", "2026-05-06 06:00:00"},
		"2026-05-06 06:00:00": {"2026-05-06", "2026-05-07 00:00:00"}, // Wednesday has no night
		"2026-05-07 02:00:00": {"2026-05-07", "2026-05-08 00:00:00"},
		"2026-05-10 05:00:00": {"2026-05-09", "2026-05-10 06:00:00"}, // over the end of the week
	} {
		if got := c.Day(paris(at)); got != want.day {
			t.Errorf("%s is of %s, want %s", at, got, want.day)
		}
		if got := c.DayEnds(paris(at)); !got.Equal(paris(want.ends)) {
			t.Errorf("the day of %s ends at %s, want %s", at, got, want.ends)
		}
	}
}
