package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// keysOf lists the keys as `keys show` does.
func keysOf(t *testing.T, g *gateway.Gateway) gateway.Keys {
	t.Helper()
	k, err := g.LocalKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sealedTo returns the holders to which each key is sealed.
func sealedTo(t *testing.T, g *gateway.Gateway) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, k := range keysOf(t, g).Contracts {
		all[fmt.Sprintf("%s/%d", k.Contract, k.Epoch)] = slices.Sorted(slices.Values(k.SealedTo))
	}
	return all
}

func allSealedTo(t *testing.T, g *gateway.Gateway, want ...string) {
	t.Helper()
	want = slices.Sorted(slices.Values(want))
	for key, got := range sealedTo(t, g) {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is sealed to (-want +got):\n%s", key, diff)
		}
	}
}

func rewrap(t *testing.T, h *gatewaytest.House, retire bool) gateway.Rewrapped {
	t.Helper()
	r, err := h.Gateway.LocalRewrapKeys(t.Context(), retire, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func checkKeys(t *testing.T, h *gatewaytest.House) gateway.KeyCheck {
	t.Helper()
	check, err := h.Gateway.LocalCheckKeys(t.Context(), true, nil)
	if err != nil {
		t.Fatal(err)
	}
	return check
}

// reads checks that the documents are read as they were sent.
func reads(t *testing.T, w *gatewaytest.World, documents ...gateway.Document) {
	t.Helper()
	for _, d := range documents {
		got, err := w.Read(t, w.Handler, d.ID)
		if err != nil || !bytes.Equal(got, gatewaytest.Content(d.Reference, int(d.Size))) {
			t.Errorf("reading %s through the gateway: %d bytes, %v", d.Reference, len(got), err)
		}
	}
}

func newSafe(t *testing.T) *crypto.Identity {
	t.Helper()
	identity, err := crypto.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// This is the whole life of a root: a new root comes, then the old one is retired. At
// every moment a gateway with a root file of that moment reads the documents. At the end
// the old root opens nothing.
func TestTheRootIsRotated(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 2)
		w.Taken(t, batch)
		before, err := keyring.Load(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		both, err := keyring.AddFirst(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		names := both.Fingerprints()
		during := w.WithRoot(t, both)
		if r := rewrap(t, during, false); r.Keys != 2 || r.Changed != 2 || r.Failed != 0 {
			t.Fatalf("sealing anew: %+v", r)
		}
		allSealedTo(t, during.Gateway, names...)
		reads(t, w, documents...)
		reads(t, w.At(during), documents...)
		if r := rewrap(t, during, false); r.Changed != 0 {
			t.Errorf("a second time %d keys were changed", r.Changed)
		}

		// The old root is retired. A gateway with the old file opens nothing new, and
		// makes nothing that the new root cannot open.
		if r := rewrap(t, during, true); r.Changed != 2 || r.Failed != 0 {
			t.Fatalf("retiring: %+v", r)
		}
		allSealedTo(t, during.Gateway, names[0])
		first := w.WithRoot(t, both.FirstAlone())
		reads(t, w.At(first), documents...)
		if check := checkKeys(t, first); len(check.Problems) > 0 || check.Keys != 2 || check.Copies != 2 || check.Headers != 2 {
			t.Errorf("check: %+v", check)
		}
		late := w.WithRoot(t, before)
		if _, err := w.At(late).Read(t, w.Handler, documents[0].ID); !errors.Is(err, crypto.ErrWrongKey) {
			t.Errorf("the retired root reads: %v", err)
		}
		c, err := late.Gateway.ProposeContract(t.Context(), w.Manager, gatewaytest.Terms("LATE-1", w.Client, w.Provider))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := late.Gateway.ApproveContract(t.Context(), w.Approver, c.ID, c.Version); err == nil {
			t.Error("a contract was given a key that only a retired root opens")
		}
		var conflict *gateway.Conflict
		if _, err := late.Gateway.LocalRewrapKeys(t.Context(), false, nil); !errors.As(err, &conflict) {
			t.Errorf("keys were sealed back to a retired root: %v", err)
		}
		allSealedTo(t, first.Gateway, names[0])
		// A gateway that has both roots in memory seals to the new one only.
		if _, err := during.Gateway.ApproveContract(t.Context(), w.Approver, c.ID, c.Version); err != nil {
			t.Errorf("the new root makes no contract: %v", err)
		}
		allSealedTo(t, first.Gateway, names[0])
		if got := len(events(t, w, gateway.EventQuery{Action: event.Action(policy.ActionKeyReseal)})); got != 4 {
			t.Errorf("%d events of keys sealed anew in the client's ledger, want 4", got)
		}
	})
}

// A root file that is older than the one in use takes no key away from it.
func TestAnOlderRootFileTakesNothingAway(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		both, err := keyring.AddFirst(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		during := w.WithRoot(t, both)
		rewrap(t, during, false)
		for _, retire := range []bool{false, true} {
			_, err := w.Gateway.LocalRewrapKeys(t.Context(), retire, nil)
			wantConflict(t, err, gateway.ConflictState)
		}
		allSealedTo(t, during.Gateway, both.Fingerprints()...)

		// The new file may take keys away: the old root was taken out of the file by
		// hand.
		first := w.WithRoot(t, both.FirstAlone())
		rewrap(t, first, false)
		allSealedTo(t, first.Gateway, both.Fingerprints()[0])

		// A root that was recorded once stays the older one.
		w.Clock.Advance(time.Minute)
		again, err := keyring.AddFirst(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		rewrap(t, w.WithRoot(t, again), false)
		_, err = first.Gateway.LocalRewrapKeys(t.Context(), false, nil)
		wantConflict(t, err, gateway.ConflictState)
	})
}

func TestRecoveryRecipientsComeAndGo(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		safe := newSafe(t)
		root, err := keyring.Load(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		with, err := root.WithRecovery([]string{safe.Recipient().String()})
		if err != nil {
			t.Fatal(err)
		}
		h := w.WithRoot(t, with)
		if check := checkKeys(t, h); len(check.Problems) != 2 {
			t.Errorf("two keys have no copy for recovery, problems: %v", check.Problems)
		}
		rewrap(t, h, false)
		allSealedTo(t, h.Gateway, root.Fingerprints()[0], safe.Recipient().Fingerprint())
		if check := checkKeys(t, h); len(check.Problems) > 0 {
			t.Errorf("problems: %v", check.Problems)
		}
		added := w.At(h).NewContract(t, gatewaytest.Terms("WITH-1", w.Client, w.Provider))
		if got := sealedTo(t, h.Gateway)[string(added)+"/1"]; len(got) != 2 {
			t.Errorf("a new contract is sealed to %v", got)
		}
		rewrap(t, w.House, false)
		allSealedTo(t, w.Gateway, root.Fingerprints()[0])
		holders := keysOf(t, w.Gateway).Holders
		if len(holders) != 2 || holders[1].Kind != "recovery" || holders[1].AtHand || holders[1].Until.IsZero() {
			t.Errorf("holders: %+v", holders)
		}
	})
}

// epochs counts the document headers by epoch.
func epochs(t *testing.T, w *gatewaytest.World) map[int64]int {
	t.Helper()
	rows, err := w.Database.Reader().QueryContext(t.Context(), "SELECT epoch, COUNT(*) FROM document_header GROUP BY epoch")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[int64]int{}
	for rows.Next() {
		var epoch int64
		var n int
		if err := rows.Scan(&epoch, &n); err != nil {
			t.Fatal(err)
		}
		all[epoch] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func rotate(t *testing.T, w *gatewaytest.World) gateway.Rotation {
	t.Helper()
	r, err := w.Gateway.LocalRotateContract(t.Context(), w.Contract)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func goOn(t *testing.T, w *gatewaytest.World) gateway.Rotation {
	t.Helper()
	r, err := w.Gateway.ContinueRotation(t.Context(), w.Contract, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bodies returns every object of the store.
func bodies(t *testing.T, w *gatewaytest.World) map[string]string {
	t.Helper()
	all := map[string]string{}
	for info, err := range w.Objects.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		all[info.Key] = fmt.Sprint(info.Size, info.Modified)
	}
	return all
}

// A contract's key is rotated while documents are read and sent. Each document opens
// before, during and after. No body moves, and the earlier key is gone at the end.
func TestAContractIsRotated(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 5)
		w.Taken(t, batch)
		before := bodies(t, w)
		if r := rotate(t, w); r.Epoch != 2 || r.Headers != 5 || r.Finished {
			t.Fatalf("rotation: %+v", r)
		}
		reads(t, w, documents...) // between the new key and the first new header
		wantConflictOfRotation(t, w)
		open := w.Open(t, "lot-during")
		w.Upload(t, open, "claim-new", gatewaytest.Content("claim-new", 100))
		if diff := cmp.Diff(map[int64]int{1: 5, 2: 1}, epochs(t, w)); diff != "" {
			t.Errorf("headers by epoch (-want +got):\n%s", diff)
		}
		var told []int64
		r, err := w.Gateway.ContinueRotation(t.Context(), w.Contract, func(done, total int64) { told = append(told, done, total) })
		if err != nil || !r.Finished || r.Left != 0 || r.Failed != 0 {
			t.Fatalf("rotation: %+v, %v", r, err)
		}
		if len(told) < 4 || told[0] != 0 || told[len(told)-2] != 5 || told[len(told)-1] != 5 {
			t.Errorf("progress was told as %v", told)
		}
		if diff := cmp.Diff(map[int64]int{2: 6}, epochs(t, w)); diff != "" {
			t.Errorf("headers by epoch (-want +got):\n%s", diff)
		}
		reads(t, w, documents...)
		reads(t, w.At(w.Replica(t)), documents...) // without a cache
		after := bodies(t, w)
		for key, body := range before {
			if after[key] != body {
				t.Errorf("body %s was moved", key)
			}
		}
		keys := sealedTo(t, w.Gateway)
		if len(keys[string(w.Contract)+"/1"]) != 0 || len(keys[string(w.Contract)+"/2"]) != 1 {
			t.Errorf("sealed copies: %v", keys)
		}
		if check := checkKeys(t, w.House); len(check.Problems) > 0 || check.Headers != 6 {
			t.Errorf("check: %+v", check)
		}
		if again := goOn(t, w); !again.Finished {
			t.Errorf("once more: %+v", again)
		}
		got := lines(append(events(t, w, gateway.EventQuery{Action: event.Action(policy.ActionKeyRotate)}),
			events(t, w, gateway.EventQuery{Action: event.Action(policy.ActionKeyRetire)})...))
		if len(got) != 2 {
			t.Errorf("events: %v", got)
		}
	})
}

func wantConflictOfRotation(t *testing.T, w *gatewaytest.World) {
	t.Helper()
	_, err := w.Gateway.LocalRotateContract(t.Context(), w.Contract)
	wantConflict(t, err, gateway.ConflictState)
}

// A rotation that was interrupted after a page of headers continues where it was, here in
// another gateway's background.
func TestAnInterruptedRotationContinues(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 3)
		w.Taken(t, batch)
		rotate(t, w)
		ctx, die := context.WithCancel(t.Context())
		_, err := w.Gateway.ContinueRotation(ctx, w.Contract, func(done, _ int64) {
			if done > 0 {
				die() // the headers are rewrapped, the rotation is not finished
			}
		})
		if err == nil {
			t.Fatal("did not notice its death")
		}
		keys := keysOf(t, w.Gateway)
		if len(keys.Rotations) != 1 || keys.Rotations[0].Left != 0 {
			t.Errorf("rotations: %+v", keys.Rotations)
		}
		reads(t, w, documents...)
		other := w.Replica(t)
		serving, stop := context.WithCancel(t.Context())
		served := make(chan error)
		go func() { served <- other.Gateway.Run(serving) }()
		for deadline := time.Now().Add(time.Minute); len(keysOf(t, w.Gateway).Rotations) > 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the background does not go on with it")
			}
		}
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		reads(t, w, documents...)
	})
}

// Two gateways rotate the same contract at once. Each header is rewrapped once, and each
// document opens.
func TestTwoGatewaysContinueOneRotation(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 8)
		w.Taken(t, batch)
		rotate(t, w)
		results := make(chan error)
		for _, h := range []*gatewaytest.House{w.House, w.Replica(t)} {
			go func() { results <- h.Gateway.ContinueRotations(t.Context()) }()
		}
		if err := errors.Join(<-results, <-results); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[int64]int{2: 8}, epochs(t, w)); diff != "" {
			t.Errorf("headers by epoch (-want +got):\n%s", diff)
		}
		reads(t, w, documents...)
		if got := events(t, w, gateway.EventQuery{Action: event.Action(policy.ActionKeyRetire)}); len(got) != 1 {
			t.Errorf("the earlier key was destroyed %d times", len(got))
		}
	})
}

// An upload that began before the rotation keeps the earlier key until it ends. Its
// header is wrapped for the new key.
func TestARotationDuringAnUpload(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch := w.Open(t, "lot-1")
		hold, result := held(t, w, batch)
		rotate(t, w)
		if r := goOn(t, w); r.Finished || r.Left != 0 {
			t.Errorf("finished under an upload: %+v", r)
		}
		hold.Release()
		if err := <-result; err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[int64]int{2: 1}, epochs(t, w)); diff != "" {
			t.Errorf("headers by epoch (-want +got):\n%s", diff)
		}
		if r := goOn(t, w); !r.Finished {
			t.Errorf("not finished: %+v", r)
		}
		if check := checkKeys(t, w.House); len(check.Problems) > 0 || check.Headers != 1 {
			t.Errorf("check: %+v", check)
		}
	})
}

// A header that does not open stays, is reported, and keeps the earlier key.
func TestARotationKeepsWhatItCannotRewrap(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 3)
		w.Taken(t, batch)
		if _, err := w.Database.Writer().ExecContext(t.Context(),
			"UPDATE document_header SET header = $2 WHERE document = $1", string(documents[1].ID), []byte("no header")); err != nil {
			t.Fatal(err)
		}
		rotate(t, w)
		if r := goOn(t, w); r.Finished || r.Left != 1 || r.Failed != 1 {
			t.Errorf("rotation: %+v", r)
		}
		reads(t, w, documents[0], documents[2])
		check := checkKeys(t, w.House)
		if len(check.Problems) != 1 || check.Problems[0].Document != documents[1].ID || check.Problems[0].Epoch != 1 {
			t.Errorf("check: %+v", check)
		}
		if keys := sealedTo(t, w.Gateway); len(keys[string(w.Contract)+"/1"]) != 1 {
			t.Errorf("sealed copies: %v", keys)
		}
	})
}

func TestRotationsThatCannotBe(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 1)
		if _, err := w.Gateway.LocalRotateContract(t.Context(), "c_none"); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("unknown contract: %v", err)
		}
		c, err := w.Gateway.ProposeContract(t.Context(), w.Manager, gatewaytest.Terms("NEW-1", w.Client, w.Provider))
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Gateway.LocalRotateContract(t.Context(), c.ID)
		wantConflict(t, err, gateway.ConflictState)
		if _, err := w.Database.Writer().ExecContext(t.Context(), "DELETE FROM contract_key_copy WHERE contract = $1", string(w.Contract)); err != nil {
			t.Fatal(err)
		}
		_, err = w.Gateway.LocalRotateContract(t.Context(), w.Contract)
		wantConflict(t, err, gateway.ConflictState)
		if r := rewrap(t, w.House, false); r.Keys != 1 || r.Failed != 0 {
			t.Errorf("a destroyed key was sealed anew: %+v", r)
		}
		if check := checkKeys(t, w.House); len(check.Problems) != 1 || check.Problems[0].Document != documents[0].ID {
			t.Errorf("a document without a key: %+v", check)
		}
	})
}

// A person who owns the database and knows the root's recipient replaces a contract's key
// by one of their own.
func TestAKeyThatIsNotTheContracts(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		root, err := keyring.Load(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		copies, err := root.Seal(newSafe(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Database.Writer().ExecContext(t.Context(), "UPDATE contract_key_copy SET sealed = $2 WHERE contract = $1",
			string(w.Contract), copies[0].Sealed); err != nil {
			t.Fatal(err)
		}
		check := checkKeys(t, w.House)
		if len(check.Problems) != 1 || !strings.Contains(check.Problems[0].Detail, "another key") {
			t.Errorf("check: %+v", check)
		}
		both, err := keyring.AddFirst(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		if r := rewrap(t, w.WithRoot(t, both), true); r.Failed != 1 || r.Changed != 1 {
			t.Errorf("sealing anew: %+v", r)
		}
	})
}
