package supervise_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/supervise"
)

// read gives the metrics as Prometheus reads them: their types, by name, and their text.
func read(t *testing.T, m *supervise.Metrics) (types map[string]string, text string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text = w.Body.String()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	types = map[string]string{}
	for name, family := range families {
		if strings.HasPrefix(name, "bordereau_") {
			types[name] = strings.ToLower(family.GetType().String())
		}
	}
	return types, text
}

// The handbook's table has every metric, with its type, and no other.
func TestTheHandbookListsTheMetrics(t *testing.T) {
	needs.Parallel(t)
	m := supervise.NewMetrics("v0")
	w := watchWith(t, gatewaytest.Config{}, m)
	m.Request("GET", "/v1/batches", "denied", "no-role", 1, 2, time.Second)
	m.Waited(time.Second, nil)
	m.Round(errors.New("x"))
	m.Sequenced(3)
	m.Worked("sweep", nil)
	if err := w.store.Delete(t.Context(), "d/none"); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(bordereau_[a-z_]+)` \\| (counter|gauge|histogram) \\|").FindAllStringSubmatch(string(page), -1) {
		listed[row[1]] = row[2]
	}
	types, _ := read(t, m)
	if diff := cmp.Diff(types, listed); diff != "" {
		t.Errorf("metrics (-) and docs/operations.md (+):\n%s", diff)
	}
	// An alert speaks of metrics that there are.
	for _, name := range regexp.MustCompile(`bordereau_[a-z_]+`).FindAllString(string(page), -1) {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count"), "_sum")
		if types[name] == "" && types[base] == "" && !strings.HasPrefix(name, "bordereau_data") {
			t.Errorf("docs/operations.md speaks of %s, which there is not", name)
		}
	}
}

// What is counted can be read back.
func TestMetrics(t *testing.T) {
	needs.Parallel(t)
	m := supervise.NewMetrics("v1")
	w := watchWith(t, gatewaytest.Config{}, m)
	m.Request("GET", "/v1/batches", "denied", "no-role", 10, 20, time.Second)
	w.Stopping()
	_, text := read(t, m)
	for _, line := range []string{
		`bordereau_requests_total{method="GET",outcome="denied",route="/v1/batches"} 1`,
		`bordereau_refusals_total{reason="no-role"} 1`,
		`bordereau_request_bytes_total{direction="out"} 20`,
		`bordereau_build_info{version="v1"} 1`,
		`bordereau_stopping 1`,
		`bordereau_ledger_halted 0`,
		`bordereau_erasures_stuck 0`,
		`bordereau_database_connections_max{pool="write"} 1`,
	} {
		if !slices.Contains(strings.Split(text, "\n"), line) {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
}
