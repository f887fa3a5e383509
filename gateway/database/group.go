package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bordereau/bordereau/gateway/database/queries"
)

// groupPatience is longer than a round of the ledger has the one connection.
const groupPatience = time.Minute

// group commits the transactions of SQLite together. There is one writer, and every
// commit costs a flush of the disk. So while one group is being committed the next one
// collects, and callers who come together share one flush. No caller waits for a group to
// fill: one that is alone pays for exactly one commit.
//
// Within the group every caller has a savepoint. An error undoes that caller's work and
// no other's. Only when the commit itself fails, or SQLite undoes the whole transaction,
// do all of them fail, and then nothing of any was stored.
type group struct {
	writer   *sql.DB
	log      *slog.Logger
	last     atomic.Pointer[Last] // nil: nothing
	prepared *prepared            // owned by the goroutine that works on the queue
	trace    func(query string)

	mu      sync.Mutex
	waiting []*job         // owned by mu
	running bool           // a goroutine works on the queue; owned by mu
	workers sync.WaitGroup // of that goroutine
}

// groupSize bounds how many transactions share a commit, and so how long the first of
// them waits for the last.
const groupSize = 128

// Last works at the end of a group of transactions, in the same transaction, on their
// results. committed is called after the commit, before any of them returns. After an
// error the work of Last is undone, and the group is committed without it.
type Last func(ctx context.Context, tx *sql.Tx) (committed func(), err error)

// job is one caller's transaction.
type job struct {
	ctx   context.Context
	fn    func(ctx context.Context, tx *Tx) error
	state atomic.Int32 // queued, taken by the worker, or withdrawn by its caller

	err      error
	panicked any
	done     chan struct{} // closed when err is final
}

const (
	jobQueued int32 = iota
	jobTaken
	jobWithdrawn
)

// errUndone says that SQLite undid the whole transaction because one statement failed.
var errUndone = errors.New("the transaction was undone by the database")

// do runs fn in the group's next transaction, and returns when that is committed or fn's
// work is undone. A panic of fn goes on here, in the caller's own goroutine.
func (g *group) do(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	j := &job{ctx: ctx, fn: fn, done: make(chan struct{})}
	g.add(j)
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.state.CompareAndSwap(jobQueued, jobWithdrawn) {
			return classify(ctx, ctx.Err())
		}
		<-j.done // fn runs, with the caller's own variables
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	return j.err
}

func (g *group) add(j *job) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, j)
	g.start()
}

// start starts a goroutine for the queue, unless one works on it. The caller holds mu.
func (g *group) start() {
	if !g.running && len(g.waiting) > 0 {
		g.running = true
		g.workers.Go(g.work)
	}
}

// work commits group after group until the queue is empty. fn may end the goroutine
// (runtime.Goexit, as a failing test does). The jobs behind it must not wait for ever.
func (g *group) work() {
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.running = false
		g.start()
	}()
	for g.isWaiting() {
		g.commit()
	}
}

func (g *group) isWaiting() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting) > 0
}

// next takes the next job whose caller still waits for it.
func (g *group) next() *job {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.waiting) > 0 {
		j := g.waiting[0]
		g.waiting = g.waiting[1:]
		if j.state.CompareAndSwap(jobQueued, jobTaken) {
			return j
		}
	}
	return nil
}

// commit runs one group: the jobs that wait now, and those that come while it runs.
func (g *group) commit() {
	var jobs []*job
	outcome := fmt.Errorf("%w: %w", ErrUnavailable, errUndone) // of the jobs that did their work, until the commit succeeds
	defer func() {
		for _, j := range jobs {
			if j.err == nil {
				j.err = outcome
			}
			close(j.done)
		}
	}()
	g.prepared.compile(context.Background())
	tx, cancel, err := begin(context.Background(), g.writer, nil, groupPatience)
	if err != nil {
		jobs = g.drain()
		outcome = fmt.Errorf("beginning transaction: %w", classify(context.Background(), err))
		return
	}
	defer cancel()
	defer tx.Rollback() // after a commit it does nothing
	in := &Tx{Queries: queries.New(traced(unlocked{g.prepared.in(tx)}, g.trace)), SQL: tx}
	for len(jobs) < groupSize {
		j := g.next()
		if j == nil {
			break
		}
		jobs = append(jobs, j)
		if err := j.run(in); errors.Is(err, errUndone) {
			return
		}
	}
	committed, err := g.finish(in)
	if err != nil {
		return
	}
	outcome = classify(context.Background(), commit(tx, cancel))
	if outcome == nil {
		committed()
	}
}

// finish lets Last do its part of the transaction, in a savepoint of its own.
func (g *group) finish(tx *Tx) (committed func(), err error) {
	last := g.last.Load()
	if last == nil {
		return func() {}, nil
	}
	j := job{ctx: context.Background(), fn: func(ctx context.Context, tx *Tx) (err error) {
		committed, err = (*last)(ctx, tx.SQL)
		return err
	}}
	if err := j.run(tx); err != nil {
		return nil, err
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	if j.err != nil {
		g.log.Error("working at the end of a group of transactions", "error", j.err)
		return func() {}, nil
	}
	return committed, nil
}

// drain takes all jobs that wait, to give all of them one outcome.
func (g *group) drain() (jobs []*job) {
	for j := g.next(); j != nil; j = g.next() {
		jobs = append(jobs, j)
	}
	return jobs
}

// run runs one caller's fn in a savepoint. Its statements do not end with the caller's
// context, because SQLite answers an interrupted statement by undoing the whole
// transaction, which all callers share. run returns errUndone when SQLite did so for
// another reason, such as a full disk.
func (j *job) run(tx *Tx) error {
	ctx := context.WithoutCancel(j.ctx)
	if _, err := tx.SQL.ExecContext(ctx, "SAVEPOINT act"); err != nil {
		j.err = classify(j.ctx, err)
		return errUndone
	}
	if j.err = j.call(ctx, tx); j.err == nil {
		j.err = j.ctx.Err() // its caller has left, and the outcome is still ours to choose
	}
	if j.err != nil || j.panicked != nil {
		j.err = classify(j.ctx, j.err)
		if _, err := tx.SQL.ExecContext(ctx, "ROLLBACK TO act"); err != nil {
			return errUndone
		}
	}
	if _, err := tx.SQL.ExecContext(ctx, "RELEASE act"); err != nil {
		return errUndone
	}
	return nil
}

func (j *job) call(ctx context.Context, tx *Tx) (err error) {
	defer func() {
		if j.panicked = recover(); j.panicked != nil {
			err = errors.New("panic in a transaction")
		}
	}()
	return j.fn(ctx, tx)
}
