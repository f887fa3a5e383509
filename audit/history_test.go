package audit_test

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// TestAnyHistory makes things happen to processes, commits and the database in a random
// order. The numbers have no gaps, the heads agree with the leaves, the index rows are
// exactly those of the leaves, no committed event is lost or there twice, and queries
// find what a check of each leaf finds.
//
// A seed decides what happens. BORDEREAU_TEST_SEEDS gives other seeds than the usual
// ones:
//
//	BORDEREAU_TEST_SEEDS=5,6,7 go test ./audit -run TestAnyHistory
func TestAnyHistory(t *testing.T) {
	needs.Parallel(t)
	seeds, given := seedsOf(t)
	var mu sync.Mutex
	happened := map[string]bool{}
	play := func(t *testing.T, seed uint64, c database.Config, dsn string) {
		h := newHistory(t, seed, c, dsn)
		h.run(historySteps)
		mu.Lock()
		defer mu.Unlock()
		maps.Copy(happened, h.happened)
	}
	t.Run("seeds", func(t *testing.T) {
		for _, seed := range seeds {
			t.Run(fmt.Sprintf("%d on sqlite", seed), func(t *testing.T) {
				needs.Siblings(t)
				path := filepath.Join(t.TempDir(), "ledger.db")
				play(t, seed, database.Config{SQLite: path}, "file:"+path+"?_busy_timeout=60000&_synchronous=FULL&_txlock=immediate")
			})
			t.Run(fmt.Sprintf("%d on postgresql", seed), func(t *testing.T) {
				needs.Siblings(t)
				dsn := databasetest.PostgreSQLDSN(t)
				play(t, seed, database.Config{PostgreSQL: dsn}, dsn)
			})
		}
	})
	for _, w := range (&history{}).ways() {
		if !given && !happened[w.name] && !t.Failed() {
			t.Errorf("no history has a %s: choose other seeds", w.name)
		}
	}
}

const historySteps = 14

// seedsOf returns the given seeds, or the usual ones: few, in which everything happens.
func seedsOf(t *testing.T) (seeds []uint64, given bool) {
	t.Helper()
	text := os.Getenv("BORDEREAU_TEST_SEEDS")
	if text == "" {
		return []uint64{1, 2, 3, 4}, false
	}
	for field := range strings.SplitSeq(text, ",") {
		seed, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			t.Fatal("BORDEREAU_TEST_SEEDS holds numbers with commas between them: ", err)
		}
		seeds = append(seeds, seed)
	}
	return seeds, true
}

// history is one database, the processes on it, and what must be in it.
type history struct {
	*testing.T
	r   *rand.Rand
	db  *database.DB
	dsn string
	now atomic.Int64 // of every process's clock, µs

	processes []*process
	key       byte
	epochs    int                        // that were begun
	happened  map[string]bool            // by the names of the ways
	due       map[string]map[string]bool // events of each ledger that are in the outbox or have their place
	copied    struct {
		restore func()
		key     byte
		epochs  int
		due     map[string]map[string]bool
	}
}

// process is one of those on the database. Its commits fail as its faults say.
type process struct {
	*audit.Ledger
	writer *sql.DB
	faults *faults
	stop   func()
}

func newHistory(t *testing.T, seed uint64, c database.Config, dsn string) *history {
	h := &history{T: t, r: rand.New(rand.NewPCG(seed, 64)), db: databasetest.Open(t, c), dsn: dsn, key: 1,
		happened: map[string]bool{}, due: map[string]map[string]bool{}}
	migrate(t, h.db)
	h.now.Store(noon.UnixMicro())
	h.restart()
	return h
}

var historyLedgers = []string{event.Operator, client(1), client(2)}

// restart begins all processes anew: on SQLite there is one.
func (h *history) restart() {
	for _, p := range h.processes {
		p.stop()
	}
	h.processes = []*process{h.open()}
	if h.db.PostgreSQL() {
		h.processes = append(h.processes, h.open(), h.open())
	}
}

func (h *history) open() *process {
	p := &process{faults: &faults{}}
	p.writer = openFaulty(h.T, h.db.Writer().Driver(), h.dsn, p.faults)
	c := config(h.db)
	c.Writer, c.Key = p.writer, otherKey(h.key)
	c.Poll, c.Heartbeat = time.Hour, time.Hour // it acts only when the test says so
	c.Batch = some(h.r, []int{7, 64, 130, 512})
	c.Clock = func() time.Time { return time.UnixMicro(h.now.Load()) }
	p.Ledger, p.stop = open(h.T, c), func() { p.writer.Close() }
	if !h.db.PostgreSQL() { // where it has to run to join
		ended := start(h.T, p.Ledger)
		p.stop = func() { ended(); p.writer.Close() }
	}
	return p
}

func (h *history) one() *process { return h.processes[h.r.IntN(len(h.processes))] }

// way is one thing that can happen.
type way struct {
	name string
	do   func()
	more int // how often
}

// ways are all that can happen.
func (h *history) ways() []way {
	return []way{
		{"append", func() { h.append(h.one()) }, 8},
		{"not stored", func() { h.fail(func(f *faults) { f.refuseCommits.Store(1) }) }, 3},
		{"stored, not known", func() { h.fail(func(f *faults) { f.loseCommits.Store(1) }) }, 3},
		{"restart of one", func() { h.restartOne() }, 2},
		{"copy", h.copy, 2},
		{"failover", h.failOver, 3},
		{"join", h.join, 5},
		{"rotation", h.rotate, 1},
		{"epoch", h.beginEpoch, 2},
		{"migration", func() { migrate(h.T, h.db) }, 1},
	}
}

func (h *history) run(steps int) {
	ways := h.ways()
	var all []int
	for i, w := range ways {
		for range w.more {
			all = append(all, i)
		}
	}
	h.append(h.one())
	h.copy()
	for step := range steps {
		way := ways[some(h.r, all)]
		h.happened[way.name] = true
		h.now.Add(int64(h.r.IntN(5)) * time.Minute.Microseconds())
		way.do()
		if h.check(); h.Failed() {
			h.Fatalf("after step %d, %s", step, way.name)
		}
	}
	// Index rows that are behind are built at once, and everything that waits gets its
	// place.
	p := h.processes[0]
	for _, name := range historyLedgers {
		h.stage(p.Ledger, p.writer, name, 1)
	}
	h.settle(p)
	h.check()
	for name, due := range h.due {
		leaves := consistent(h.T, h.db, p.Ledger, name)
		found := map[string]bool{}
		for _, e := range leaves {
			if found[e.ID] {
				h.Errorf("event %s is there twice", e.ID)
			}
			if !e.Action.IsControl() {
				found[e.ID] = true
			}
		}
		if !maps.Equal(found, due) {
			h.Errorf("%s holds %d events that must not be lost, of %d", name, len(found), len(due))
		}
		if _, blocks := stored(h.T, h.db, name); blocks < int64(len(leaves)-1)/64 {
			h.Errorf("%d blocks of the %d events of %s are indexed", blocks, len(leaves), name)
		}
		if problems := problemsOf(h.T, h.db, p.Ledger, name); len(problems) > 0 {
			h.Errorf("%s: %v", name, problems)
		}
	}
}

// check compares each ledger with its leaves, and asks a few questions.
func (h *history) check() {
	h.Helper()
	p := h.one()
	for _, name := range historyLedgers {
		answers(h.T, p.Ledger, name, consistent(h.T, h.db, p.Ledger, name), h.r, 2)
	}
}

// stage commits n events.
func (h *history) stage(ledger *audit.Ledger, writer *sql.DB, name string, n int) {
	h.Helper()
	tx, err := writer.BeginTx(h.Context(), nil)
	if err != nil {
		h.Fatal(err)
	}
	defer tx.Rollback()
	ids := h.stageIn(ledger, tx, name, n)
	if err := tx.Commit(); err != nil {
		h.Fatal(err)
	}
	h.count(name, ids)
}

func (h *history) stageIn(ledger *audit.Ledger, tx *sql.Tx, name string, n int) (ids []string) {
	h.Helper()
	for range n {
		e := randomEvent(h.r)
		if h.r.IntN(4) == 0 {
			e.Document = fmt.Sprintf("d_%d", h.r.IntN(60))
		}
		ticket, err := ledger.Stage(h.Context(), tx, name, e)
		if err != nil {
			h.Fatal(err)
		}
		ids = append(ids, ticket.Event)
	}
	return ids
}

func (h *history) count(name string, ids []string) {
	if h.due[name] == nil {
		h.due[name] = map[string]bool{}
	}
	for _, id := range ids {
		h.due[name][id] = true
	}
}

func (h *history) settle(p *process) {
	h.Helper()
	if err := p.Settle(h.Context()); err != nil {
		h.Fatal(err)
	}
}

// few is how many events come at once: mostly few, now and then more than a block, and
// often just as many as fill one.
func (h *history) few() int { return some(h.r, []int{1, 1, 2, 5, 31, 63, 64, 65, 100, 150}) }

func (h *history) append(p *process) {
	for range 1 + h.r.IntN(3) {
		h.stage(p.Ledger, p.writer, some(h.r, historyLedgers), h.few())
	}
	h.settle(p)
}

// fail has one process's next round fail; some others come in between before it goes on.
func (h *history) fail(how func(*faults)) {
	p := h.one()
	h.stage(p.Ledger, p.writer, some(h.r, historyLedgers), h.few())
	h.stage(p.Ledger, p.writer, some(h.r, historyLedgers), h.few())
	p.faults.spareCommits.Store(int32(h.r.IntN(3)))
	how(p.faults)
	err := p.Settle(h.Context())
	p.faults.refuseCommits.Store(0)
	p.faults.loseCommits.Store(0)
	p.faults.spareCommits.Store(0)
	if err != nil && !errors.Is(err, errLost) {
		h.Fatal(err)
	}
	if h.r.IntN(2) == 0 {
		h.append(h.one())
	}
	h.append(p)
}

func (h *history) restartOne() {
	i := h.r.IntN(len(h.processes))
	h.processes[i].stop()
	h.processes[i] = h.open()
	h.append(h.processes[i])
}

func (h *history) copy() {
	h.copied.restore, h.copied.key, h.copied.epochs, h.copied.due = backUp(h.T, h.db), h.key, h.epochs, map[string]map[string]bool{}
	for name, due := range h.due {
		h.copied.due[name] = maps.Clone(due)
	}
}

// goBack puts the database back to the copy.
func (h *history) goBack() {
	h.copied.restore()
	h.due = map[string]map[string]bool{}
	for name, due := range h.copied.due {
		h.due[name] = maps.Clone(due)
	}
}

// failOver loses the last commits under the processes. Another one fills the ledgers up,
// to just where they ended for the others, and these go on as if nothing had happened.
func (h *history) failOver() {
	p := h.one()
	h.append(p)
	before := h.sizes()
	h.goBack()
	if h.key != h.copied.key || h.epochs != h.copied.epochs { // a process that knows a key or an epoch that is lost is started again
		h.key, h.epochs = h.copied.key, h.copied.epochs
		h.restart()
		p = h.one()
	}
	if h.r.IntN(4) > 0 {
		other := h.open()
		defer other.stop()
		h.settle(other)
		for name, size := range h.sizes() {
			if missing := before[name] - size; missing > 0 {
				h.stage(other.Ledger, other.writer, name, missing)
			}
		}
		h.settle(other)
	}
	h.append(p)
}

func (h *history) sizes() map[string]int {
	sizes := map[string]int{}
	for _, name := range historyLedgers {
		sizes[name] = count(h.T, h.db, `audit_event WHERE ledger = '`+name+`'`)
	}
	return sizes
}

// join sequences in an act's own commit, which ends in every way that it can.
func (h *history) join() {
	if h.db.PostgreSQL() {
		h.append(h.one())
		return
	}
	p := h.one()
	tx, err := p.writer.BeginTx(h.Context(), nil)
	if err != nil {
		h.Fatal(err)
	}
	defer tx.Rollback()
	name := some(h.r, historyLedgers)
	ids := h.stageIn(p.Ledger, tx, name, h.few())
	savepoint := func(statement string) {
		if _, err := tx.ExecContext(h.Context(), statement); err != nil {
			h.Fatal(err)
		}
	}
	savepoint(`SAVEPOINT finish`)
	committed, err := p.Join(h.Context(), tx)
	if err != nil {
		h.Fatal(err)
	}
	switch h.r.IntN(5) {
	case 0: // it fails after all, and the act commits without it
		savepoint(`ROLLBACK TO finish`)
		if err := tx.Commit(); err != nil {
			h.Fatal(err)
		}
		h.count(name, ids)
	case 1: // the act fails
		tx.Rollback()
	case 2:
		p.faults.refuseCommits.Store(1)
		if err := tx.Commit(); !errors.Is(err, errLost) {
			h.Fatal(err)
		}
	case 3:
		p.faults.loseCommits.Store(1)
		if err := tx.Commit(); !errors.Is(err, errLost) {
			h.Fatal(err)
		}
		h.count(name, ids)
	default:
		if err := tx.Commit(); err != nil {
			h.Fatal(err)
		}
		h.count(name, ids)
		committed()
	}
	h.append(p)
}

func (h *history) rotate() {
	p := h.one()
	if h.key++; h.key > 40 {
		h.Fatal("too many keys")
	}
	if _, err := p.RotateKey(h.Context(), otherKey(h.key), event.Event{Actor: "system"}); err != nil {
		h.Fatal(err)
	}
	others := h.processes
	h.processes = nil
	for _, o := range others {
		if o == p { // the one that did it may go on
			h.processes = append(h.processes, o)
			continue
		}
		o.stop()
		h.processes = append(h.processes, h.open())
	}
	h.append(p)
}

// beginEpoch loses the last commits, perhaps records other events, and then goes back to
// the published state of one ledger.
func (h *history) beginEpoch() {
	if h.key != h.copied.key {
		return
	}
	name := some(h.r, historyLedgers)
	p := h.one()
	h.append(p)
	had := maps.Clone(h.due[name])
	outside := keptOutside(h.T, p.Ledger, name)
	h.goBack()
	h.epochs = h.copied.epochs
	h.restart()
	p = h.one()
	if h.r.IntN(2) == 0 {
		h.append(p)
		h.append(p)
	}
	_, err := p.BeginEpoch(h.Context(), audit.Beginning{Ledger: name, History: outside.history(), Differing: true, Event: event.Event{Actor: "system"}})
	if err != nil && !errors.Is(err, audit.ErrNotBehind) {
		h.Fatal(err)
	}
	if err == nil {
		h.epochs++
		h.count(name, names(had))
	}
	for i, o := range h.processes {
		if o != p {
			o.stop()
			h.processes[i] = h.open()
		}
	}
	h.append(p) // the one that did it goes on
}

// TestFailoverUnderAProcess: the standby that took over lacks the last commits, others
// went on there, and the ledger is as long again as it was for the process.
func TestFailoverUnderAProcess(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		turn := func(of *audit.Ledger, from, n int) {
			t.Helper()
			for i := range n {
				mustStage(t, of, db, client(1), read(from+i))
			}
			if err := of.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		turn(ledger, 0, 60)
		failOver := backUp(t, db)
		turn(ledger, 100, 3)
		failOver()
		turn(open(t, config(db)), 200, 3)
		turn(ledger, 300, 3)
		leaves := consistent(t, db, ledger, client(1))
		if got, want := strings.Join(reads(leaves[60:]), " "), "d_200 d_201 d_202 d_300 d_301 d_302"; got != want {
			t.Errorf("after the failover it holds %s, want %s", got, want)
		}
	})
}

// TestEpochOfARunningProcess: the process wrote the longer history, which was set aside.
func TestEpochOfARunningProcess(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		turn := func(from, n int) {
			t.Helper()
			for i := range n {
				mustStage(t, ledger, db, client(1), read(from+i))
			}
			if err := ledger.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		restore := backUp(t, db)
		turn(0, 70)
		published := keptOutside(t, ledger, client(1))
		restore()
		turn(100, 140)
		if done := beginEpoch(t, ledger, client(1), published, true); done.SetAside != 140 {
			t.Fatalf("did %+v", done)
		}
		turn(300, 1)
		if leaves := consistent(t, db, ledger, client(1)); len(leaves) != 70+1+140+1 {
			t.Errorf("it holds %d events", len(leaves))
		}
	})
}
