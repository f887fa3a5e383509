package gateway_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// A batch that is still open does not exist for the provider's people, whatever they try.
// The ledger has the true reason.
func TestAnOpenBatchIsHiddenFromTheProvider(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch := w.Open(t, "lot-1")
		d, receipt := w.Upload(t, batch, "claim-1", gatewaytest.Content("claim-1", 100))
		hold, err := w.Gateway.HoldDocument(t.Context(), w.Officer, d.ID, "case 17")
		if err != nil {
			t.Fatal(err)
		}
		page := gateway.Page{}
		for name, try := range map[string]func(gateway.Caller) error{
			"look at it": func(c gateway.Caller) error { _, err := w.Gateway.Batch(t.Context(), c, batch); return err },
			"list it": func(c gateway.Caller) error {
				_, _, err := w.Gateway.Documents(t.Context(), c, batch, page)
				return err
			},
			"look at records": func(c gateway.Caller) error { _, err := w.Gateway.Document(t.Context(), c, d.ID); return err },
			"read":            func(c gateway.Caller) error { _, err := w.Gateway.Open(t.Context(), c, d.ID); return err },
			"look at receipt": func(c gateway.Caller) error { _, err := w.Gateway.Receipt(t.Context(), c, receipt.ID); return err },
			"seal it": func(c gateway.Caller) error {
				_, err := w.Gateway.SealBatch(t.Context(), c, batch, gateway.Manifest{Documents: 1, Bytes: 100})
				return err
			},
			"assign it": func(c gateway.Caller) error {
				_, err := w.Gateway.Assign(t.Context(), c, batch, gateway.NewAssignment{Person: w.Handler.Person, All: true})
				return err
			},
			"add to it": func(c gateway.Caller) error {
				_, _, err := w.Gateway.Upload(t.Context(), c, gatewaytest.Incoming(batch, "claim-2", nil), nil)
				return err
			},
			"erase of it": func(c gateway.Caller) error { _, err := w.Gateway.EraseDocument(t.Context(), c, d.ID, "x"); return err },
			"hold of it":  func(c gateway.Caller) error { _, err := w.Gateway.HoldDocument(t.Context(), c, d.ID, "x"); return err },
			"lift a hold": func(c gateway.Caller) error { _, err := w.Gateway.LiftHold(t.Context(), c, hold.ID); return err },
			"ask about it": func(c gateway.Caller) error {
				_, err := w.Gateway.Who(t.Context(), c, gateway.Subject{Batch: batch})
				return err
			},
		} {
			for _, who := range []gateway.Caller{w.ProviderManager, w.Handler} {
				if err := try(who); !errors.Is(err, gateway.ErrNotFound) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		denied := events(t, w, gateway.EventQuery{Action: event.Action(policy.ActionBatchRead), Batch: string(batch), Outcome: event.OutcomeDeny})
		if want := slicesOf("batch.read state deny batch-not-sealed", 4); !cmp.Equal(want, lines(denied)) {
			t.Errorf("the ledger has %v", lines(denied))
		}

		if _, err := w.Gateway.Batch(t.Context(), w.System, batch); err != nil {
			t.Errorf("the client, which fills it: %v", err)
		}
		w.Seal(t, batch, []gateway.Document{d})
		if _, err := w.Gateway.Batch(t.Context(), w.ProviderManager, batch); err != nil {
			t.Errorf("sealed: %v", err)
		}
	})
}

func slicesOf(s string, n int) (all []string) {
	for range n {
		all = append(all, s)
	}
	return all
}

// Pages are full. Neither pages nor cursors name what is hidden: open batches from the
// provider's people, and the batches of a contract that shows nothing.
func TestListedPagesAreFull(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		suspended := w.NewContract(t, gatewaytest.Terms("MOTOR-2", w.Client, w.Provider))
		w.Join(t, suspended)
		n := 0
		sent := func(contract gateway.ContractID, seal bool) (id gateway.BatchID) {
			t.Helper()
			n++
			b, _, err := w.Gateway.OpenBatch(t.Context(), w.System, contract, fmt.Sprintf("lot-%d", n))
			if err != nil {
				t.Fatal(err)
			}
			if d, _ := w.Upload(t, b.ID, "claim", []byte("claim")); seal {
				w.Seal(t, b.ID, []gateway.Document{d})
				w.Taken(t, b.ID)
			}
			w.Clock.Advance(time.Second)
			return b.ID
		}
		var sealed, all []gateway.BatchID
		for _, kind := range "hshoooshhhhsoshossoo" { // hidden, sealed, open: more of a kind in a row than a page holds
			switch kind {
			case 'h':
				sent(suspended, true)
			case 's':
				sealed = append(sealed, sent(w.Contract, true))
				all = append(all, sealed[len(sealed)-1])
			default:
				all = append(all, sent(w.Contract, false))
			}
		}
		if _, err := w.Gateway.SuspendContract(t.Context(), w.Manager, suspended, "incident"); err != nil {
			t.Fatal(err)
		}
		for name, row := range map[string]struct {
			who  gateway.Caller
			want []gateway.BatchID
		}{"manager": {w.ProviderManager, sealed}, "handler": {w.Handler, sealed}, "client": {w.System, all}} {
			for _, limit := range []int{1, 2, 3} {
				var got []gateway.BatchID
				page := gateway.Page{Limit: limit}
				for {
					list, next, err := w.Gateway.Batches(t.Context(), row.who, gateway.BatchFilter{}, page)
					if err != nil {
						t.Fatal(err)
					}
					if len(list) < limit && next != "" {
						t.Errorf("%s: a page of %d where %d fit, and another follows", name, len(list), limit)
					}
					for _, b := range list {
						got = append(got, b.ID)
					}
					if next == "" {
						break
					}
					page.After = next
				}
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Errorf("%s, %d at a time (-want +got):\n%s", name, limit, diff)
				}
			}
		}
		if list, _, err := w.Gateway.Batches(t.Context(), w.ProviderManager, gateway.BatchFilter{State: policy.BatchOpen}, gateway.Page{}); err != nil || len(list) != 0 {
			t.Errorf("asked for open ones: %v, %v", list, err)
		}
		var assigned []gateway.BatchID
		page := gateway.Page{Limit: 1}
		for {
			list, next, err := w.Gateway.Assignments(t.Context(), w.Handler, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				if a.Contract == suspended {
					t.Error("an assignment under the suspended contract is listed")
				}
				assigned = append(assigned, a.Batch)
			}
			if next == "" {
				break
			}
			if len(list) != 1 || next != string(list[0].ID) {
				t.Errorf("the cursor is not of what was shown")
			}
			page.After = next
		}
		if len(assigned) != len(sealed) {
			t.Errorf("%d assignments are listed, want %d", len(assigned), len(sealed))
		}
	})
}
