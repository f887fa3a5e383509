package synthetic

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"time"
)

// logLine is one entry of the extract that an IT provider gets to look into an incident.
type logLine struct {
	Time    string `json:"time"`
	Host    string `json:"host"`
	Service string `json:"service"`
	Level   string `json:"level"`
	Message string `json:"message"`
	User    string `json:"user,omitempty"`
	Address string `json:"address,omitempty"`
	Millis  int    `json:"duration_ms,omitempty"`
}

// incident gives a night's entries: work as usual, then a disk that fills up, then its
// repair.
func incident(s *source, lines int) []logLine {
	now := time.Date(2026, time.March, 17, 1, 0, 0, 0, time.UTC)
	all := make([]logLine, 0, lines)
	for n := range lines {
		now = now.Add(time.Duration(s.between(200, 9000)) * time.Millisecond)
		l := logLine{
			Time:    now.Format("2006-01-02T15:04:05.000Z"),
			Host:    fmt.Sprintf("app%02d.assurances-demo.example", s.between(1, 4)),
			Service: pick(s, []string{"claims-api", "batch-import", "document-store"}),
		}
		switch {
		case n > lines/2 && n < lines*3/4 && s.oneIn(3):
			l.Level, l.Message = "error", pick(s, []string{"writing attachment: no space left on device", "import stopped: retry in 60 s", "health check failed: disk"})
		case s.oneIn(12):
			l.Level, l.Message = "warning", pick(s, []string{"slow query", "disk above 90 percent", "certificate expires in 21 days"})
		default:
			l.Level, l.Message = "info", pick(s, []string{"claim opened", "document stored", "session started", "session ended", "batch imported"})
			l.User = plain(pick(s, familyNames))
			l.Address = fmt.Sprintf("198.51.100.%d", s.between(1, 254)) // kept for documentation, RFC 5737
			l.Millis = s.between(3, 900)
		}
		all = append(all, l)
	}
	return all
}

func logAsText(lines []logLine) []byte {
	var out bytes.Buffer
	for _, l := range lines {
		fmt.Fprintf(&out, "%s %s %s[%s]: %s\n", l.Time, l.Host, l.Service, l.Level, l.Message)
	}
	return out.Bytes()
}

func logAsJSONLines(lines []logLine) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	for _, l := range lines {
		if err := encoder.Encode(l); err != nil {
			panic(err) // strings and whole numbers only
		}
	}
	return out.Bytes()
}

func compressed(text []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		panic(err) // writing to memory
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
