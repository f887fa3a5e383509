package gateway_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

const (
	manyClient   = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	manyProvider = "o_bbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// manyClasses returns the text of terms with thirty classes.
func manyClasses() []byte {
	var classes strings.Builder
	for i := range 28 {
		fmt.Fprintf(&classes, "  form-%d: {media-types: [application/pdf], max-bytes: 1048576}\n", i)
	}
	return []byte(strings.Replace(string(gatewaytest.Terms("MANY", manyClient, manyProvider)), "classes:\n", "classes:\n"+classes.String(), 1))
}

func compileMany(text []byte) (*policy.Compiled, error) {
	terms, err := policy.ParseTerms(text)
	if err != nil {
		return nil, err
	}
	return policy.Compile("c", 1, terms)
}

func readingFacts(class string) policy.Facts {
	return policy.Facts{Action: policy.ActionDocumentRead, Person: "p", Organisation: manyProvider, MemberActive: true,
		Roles: []policy.Role{policy.RoleHandler}, Now: time.Date(2026, 5, 6, 8, 0, 0, 0, time.UTC), Address: netip.MustParseAddr("192.0.2.7"),
		Class: policy.Class(class), Contract: &policy.Contract{Status: policy.StatusActive}, Batch: &policy.Batch{State: policy.BatchSealed},
		Document: &policy.Document{State: policy.DocumentReceived, Size: 1000}, Work: &policy.Work{Assigned: true, Lease: policy.LeaseHeld},
		Reading: &policy.Reading{}}
}

// The cache keeps no more compiled contracts than its bound, however many it is asked
// for.
func TestCompiledContractsAreBounded(t *testing.T) {
	c := gateway.NewCompiled()
	one, err := compileMany(manyClasses())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * gateway.MaxEnforcers / one.Weight() {
		if _, err := c.Get(gateway.ContractID(fmt.Sprint(i)), func() (*policy.Compiled, error) { return one, nil }); err != nil {
			t.Fatal(err)
		}
	}
	versions, weight := c.Held()
	if weight > gateway.MaxEnforcers || versions != gateway.MaxEnforcers/one.Weight() {
		t.Errorf("%d versions of weight %d are kept, the bound is %d", versions, weight, gateway.MaxEnforcers)
	}
}

// A value that was removed makes room for others.
func TestDroppedValuesLeaveTheirRoom(t *testing.T) {
	c := gateway.NewCompiled()
	one, err := compileMany(manyClasses())
	if err != nil {
		t.Fatal(err)
	}
	fits := gateway.MaxEnforcers / one.Weight()
	for round := range 3 {
		c.DropAll()
		for i := range fits {
			id := gateway.ContractID(fmt.Sprint(round, "-", i))
			if _, err := c.Get(id, func() (*policy.Compiled, error) { return one, nil }); err != nil {
				t.Fatal(err)
			}
		}
		if versions, _ := c.Held(); versions != fits {
			t.Errorf("round %d: %d versions are kept, %d fit", round, versions, fits)
		}
	}
}

// BenchmarkDecideAmong decides about more and more contracts of thirty classes each.
// "warm" decides about contracts in use, which fit into the cache. "cold" is the worst
// case: a version that was long unused and is read and compiled again.
func BenchmarkDecideAmong(b *testing.B) {
	text := manyClasses()
	for _, contracts := range []int{10, 1_000, 100_000} {
		if contracts == 100_000 && testing.Short() {
			continue
		}
		c := gateway.NewCompiled()
		decide := func(b *testing.B, contract int) {
			compiled, err := c.Get(gateway.ContractID(fmt.Sprint(contract)), func() (*policy.Compiled, error) { return compileMany(text) })
			if err != nil {
				b.Fatal(err)
			}
			if d := compiled.Decide(readingFacts("form-17")); !d.Allowed {
				b.Fatalf("%+v", d)
			}
		}
		b.Run(fmt.Sprintf("%d/warm", contracts), func(b *testing.B) {
			working := min(contracts, 200)
			for i := range working {
				decide(b, i*(contracts/working))
			}
			i := 0
			for b.Loop() {
				decide(b, i%working*(contracts/working))
				i++
			}
		})
		if contracts < 1_000 {
			continue
		}
		b.Run(fmt.Sprintf("%d/cold", contracts), func(b *testing.B) {
			i := 0
			for b.Loop() {
				decide(b, i%contracts)
				i++
			}
		})
	}
}

// A value that was removed weighs nothing: a cache that has forgotten values keeps as
// many as one that has not.
func TestWhatACacheForgetsMakesRoom(t *testing.T) {
	c := gateway.NewBounded(10)
	for range 100 {
		c.Put("old", 5)
		c.Drop(func(key string) bool { return key == "old" })
	}
	for i := range 10 {
		c.Put(fmt.Sprint(i), 1)
	}
	if got := c.Len(); got != 10 {
		t.Errorf("%d values are kept, 10 fit", got)
	}
}
