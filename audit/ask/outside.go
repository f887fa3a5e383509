package ask

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/schema"
)

// outsideWindow is the number of events that one page of outside looks at. The index does
// not show unusual events. So a page that finds little ends there, with a cursor.
const outsideWindow = 20_000

// outside finds reading that was refused for its place or hour, and with countries or
// hours given, reading that was granted outside them.
func (a *Asker) outside(ctx context.Context, q Ask) (Answer, error) {
	const refused = `reason IN ('site', 'hours')`
	if len(q.Countries) == 0 && q.Hours == "" {
		if q.Zone != "" {
			return Answer{}, fmt.Errorf("%w: zone without hours", schema.ErrQuery)
		}
		denied := only(&q.Outcome, event.OutcomeDeny)
		return a.events(ctx, q, denied, refused)
	}
	usual, err := parseHours(q.Hours, q.Zone)
	if err != nil {
		return Answer{}, err
	}
	s, err := a.search(ctx, q.Query)
	if err != nil {
		return Answer{}, err
	}
	begin, end := s.window()
	where := s.where(max(begin, s.first), end)
	where.add(`(`, refused, ` OR action = 'document.read' AND phase = 'grant' AND outcome = 'allow')`)
	if q.Hours == "" { // with hours, reading at a wrong hour in a right country is shown too
		where.add(`(`, refused, ` OR country IS NULL OR `, where.notIn(`UPPER(country)`, q.Countries), `)`)
	}
	unusual := func(e event.Event) bool {
		return e.Outcome != event.OutcomeAllow || !usual.contains(e.Occurred) || !containsFold(q.Countries, e.Country)
	}
	return a.sift(ctx, q.Query, where, begin, unusual)
}

// sift is a page of the events of a window that pick accepts.
func (a *Asker) sift(ctx context.Context, q Query, where *conditions, begin int64, pick func(event.Event) bool) (Answer, error) {
	rows, err := a.db.QueryContext(ctx, `SELECT seq, leaf, priv, priv_salt FROM audit_event WHERE `+where.String()+
		` ORDER BY seq DESC`, where.args...)
	if err != nil {
		return Answer{}, fmt.Errorf("querying ledger: %w", err)
	}
	defer rows.Close()
	var answer Answer
	for rows.Next() {
		e, err := scanEvent(rows, q.Ledger)
		if err != nil {
			return Answer{}, fmt.Errorf("querying ledger: %w", err)
		}
		if !pick(e) {
			continue
		}
		answer.Events = append(answer.Events, e)
		if len(answer.Events) == limitOf(q) {
			answer.Next = strconv.FormatInt(e.Seq, 10)
			return answer, nil
		}
	}
	if begin > 0 {
		answer.Next = strconv.FormatInt(begin, 10)
	}
	return answer, rows.Err()
}

// window is the range of the next events to look at, [begin, end). begin is 0 for the
// last window.
func (s *search) window() (begin, end int64) {
	end = min(s.end, s.size)
	if begin = end - outsideWindow; begin <= s.first {
		begin = 0
	}
	return begin, end
}

// notIn is the condition that the text, in capitals, is not in the list.
func (c *conditions) notIn(text string, list []string) string {
	places := make([]string, len(list))
	for i, s := range list {
		places[i] = c.bind(strings.ToUpper(s))
	}
	return text + ` NOT IN (` + strings.Join(places, ", ") + `)`
}

// hours is a part of the day, which may go over midnight.
type hours struct {
	from, until int // minutes of the day
	zone        *time.Location
}

func parseHours(text, zone string) (hours, error) {
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return hours{}, fmt.Errorf("%w: zone", schema.ErrQuery)
	}
	if text == "" {
		return hours{from: 0, until: 24 * 60, zone: location}, nil
	}
	from, until, found := strings.Cut(text, "-")
	h := hours{from: minutes(from), until: minutes(until), zone: location}
	if !found || h.from < 0 || h.until < 0 || h.from == h.until {
		return hours{}, fmt.Errorf("%w: hours", schema.ErrQuery)
	}
	return h, nil
}

// minutes reads "HH:MM", up to 24:00; -1 for anything else.
func minutes(text string) int {
	if text == "24:00" {
		return 24 * 60
	}
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}

func (h hours) contains(t time.Time) bool {
	t = t.In(h.zone)
	m := t.Hour()*60 + t.Minute()
	if h.from < h.until {
		return h.from <= m && m < h.until
	}
	return m >= h.from || m < h.until
}

// containsFold says whether the list has the text, ignoring case. An empty list has every
// text.
func containsFold(list []string, text string) bool {
	for _, s := range list {
		if strings.EqualFold(s, text) {
			return true
		}
	}
	return len(list) == 0
}
