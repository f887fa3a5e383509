package policy

import (
	"sort"
	"time"

	// A machine or an image without a copy of the database must know the zones of
	// contracts too.
	_ "time/tzdata"
)

const (
	minutesOfDay  = 24 * 60
	minutesOfWeek = 7 * minutesOfDay
)

// weekdays are the names of days in terms, by time.Weekday.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Hours are a time of the day on some days of the week, on the clocks of the contract's
// zone.
type Hours struct {
	Days  []time.Weekday // the days on which the hours begin
	From  int            // minutes after midnight, included
	Until int            // minutes after midnight, not included; not after From: of the next day
}

// window is a stretch of the week in minutes after Sunday 00:00, until not included; it
// may reach into the next week.
type window struct{ from, until int }

func (h Hours) windows() []window {
	length := h.Until - h.From
	if length <= 0 {
		length += minutesOfDay
	}
	list := make([]window, len(h.Days))
	for i, day := range h.Days {
		from := int(day)*minutesOfDay + h.From
		list[i] = window{from, from + length}
	}
	return list
}

// overlap reports whether another entry has any of the minutes, and takes them all.
func (h Hours) overlap(taken *[minutesOfWeek]bool) bool {
	overlaps := false
	for _, w := range h.windows() {
		for m := w.from; m < w.until; m++ {
			overlaps = overlaps || taken[m%minutesOfWeek]
			taken[m%minutesOfWeek] = true
		}
	}
	return overlaps
}

// has reports whether the window covers the wall-clock minute of t, which must be in the
// contract's zone.
func (w window) has(t time.Time) bool {
	m := int(t.Weekday())*minutesOfDay + t.Hour()*60 + t.Minute()
	return w.from <= m && m < w.until || w.from <= m+minutesOfWeek && m+minutesOfWeek < w.until
}

// goesOn reports whether the window covers t and began on the day before.
func (w window) goesOn(t time.Time) bool {
	midnight := (w.from/minutesOfDay + 1) * minutesOfDay
	return w.until > midnight && window{midnight, w.until}.has(t)
}

// startOfDay is the first instant of the day in the zone. It searches for it: some zones
// change their clocks at midnight, and time.Date promises nothing about a midnight that
// is skipped or repeated.
func startOfDay(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.Date()
	noon := time.Date(y, m, d, 12, 0, 0, 0, zone)
	date := day.Format(time.DateOnly)
	const reach = 24 * 3600 // seconds before noon; the day before in every zone
	before := sort.Search(reach, func(s int) bool {
		return noon.Add(-time.Duration(s)*time.Second).Format(time.DateOnly) < date
	})
	return noon.Add(-time.Duration(before-1) * time.Second)
}
