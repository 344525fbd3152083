package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// This file is all that knows River. What is to be done stands in tables of ours;
// a job says no more than where to look, so that it may come twice, late, or be
// lost: whoever works looks at the tables, too, and queues what is due.
//
// PostgreSQL has River's tables among ours, and servers share them. On SQLite they
// lie in a file of their own: River writes all the time, and must not wait for an
// apply. That file holds nothing that cannot be made anew.

// jobsSuffix makes the path of that file from that of the database.
const jobsSuffix = ".jobs"

// A Job tells whoever works where to look.
type Job struct {
	What string `json:"what"` // a TaskKind, or what the worker means by it
	Org  int64  `json:"org"`
	ID   int64  `json:"id"`  // of an import; 0 if it is about none
	Try  int64  `json:"try"` // tells a job from the one before for the same task
}

// Kind is what River calls the job.
func (Job) Kind() string { return "meibo" }

// The queues: imports may take long, and chores do not wait for them.
const (
	importQueue = "imports"
	choreQueue  = "chores"
)

// insert are the options with which a job is queued: at most once in a period.
func (j Job) insert(period time.Duration) *river.InsertOpts {
	queue := choreQueue
	if j.ID != 0 {
		queue = importQueue
	}
	return &river.InsertOpts{Queue: queue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: period}}
}

// taskPeriod is the period of jobs for tasks: one whose job was lost waits no
// longer for the next, one that waits for its turn has not many in the queue.
const taskPeriod = time.Minute

// riverClient is what is asked of River, whatever the engine.
type riverClient interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
}

// A QueueConfig says how jobs are worked.
type QueueConfig struct {
	Imports int           // how many imports at once, at least 1
	Grace   time.Duration // how long running jobs may go on after Stop before their context ends
	Log     *slog.Logger
	Do      func(ctx context.Context, j Job) // carries out one job
}

// A Queue gives out jobs to work until it is stopped.
type Queue struct {
	client riverClient
	file   *sql.DB // of jobs; nil on PostgreSQL
}

// StartQueue makes River's tables, if need be, and begins to give out jobs.
func (db *DB) StartQueue(ctx context.Context, c QueueConfig) (*Queue, error) {
	q := &Queue{}
	err := q.open(ctx, db, c)
	if err == nil {
		// Only Stop ends it: a running job is given its grace.
		err = q.client.Start(context.WithoutCancel(ctx))
	}
	if err != nil && q.file != nil {
		err = errors.Join(err, q.file.Close())
	}
	if err != nil {
		// A database that was left because we are told to stop is not one that cannot be reached.
		return nil, fmt.Errorf("start jobs: %w", errors.Join(ctx.Err(), err))
	}
	return q, nil
}

func (q *Queue) open(ctx context.Context, db *DB, c QueueConfig) (err error) {
	if db.pg != nil {
		if err := db.migrateRiver(ctx); err != nil {
			return err
		}
		q.client, err = newRiver(riverpgxv5.New(db.pg), c)
		return err
	}
	path := db.path + jobsSuffix
	if err := makePrivate(path); err != nil {
		return err
	}
	if q.file, err = sql.Open("sqlite", sqliteDSN(path, 2048)); err != nil {
		return err
	}
	q.file.SetMaxOpenConns(1)
	driver := sqliteRiver{riversqlite.New(q.file)}
	if err := runRiverMigrations(ctx, driver); err != nil {
		return err
	}
	q.client, err = newRiver(driver, c)
	return err
}

// sqliteRiver is River's driver without its notifications, which are polled and
// through which a job that runs is never cancelled (River 0.47.0): without them
// the client tells itself.
type sqliteRiver struct{ *riversqlite.Driver }

func (sqliteRiver) SupportsListener() bool     { return false }
func (sqliteRiver) SupportsListenNotify() bool { return false }

func newRiver[T any](driver riverdriver.Driver[T], c QueueConfig) (riverClient, error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &jobWorker{do: c.Do}); err != nil {
		return nil, err
	}
	return river.NewClient(driver, &river.Config{
		Queues:          map[string]river.QueueConfig{importQueue: {MaxWorkers: max(c.Imports, 1)}, choreQueue: {MaxWorkers: 2}},
		Workers:         workers,
		Logger:          c.Log,
		JobTimeout:      -1, // an import takes as long as it takes
		SoftStopTimeout: c.Grace,
		// A day of completed jobs, River's default, is many: mails are looked at every few seconds.
		CompletedJobRetentionPeriod: time.Hour,
	})
}

// jobWorker is what River calls. A job never fails: what went wrong is told in
// our tables, and tried again from there.
type jobWorker struct {
	river.WorkerDefaults[Job]
	do func(context.Context, Job)
}

func (w *jobWorker) Work(ctx context.Context, j *river.Job[Job]) error {
	w.do(ctx, j.Args)
	return nil
}

// Add queues a job, unless it was queued already in the same period.
func (q *Queue) Add(ctx context.Context, j Job, period time.Duration) error {
	if _, err := q.client.Insert(ctx, j, j.insert(period)); err != nil {
		return fmt.Errorf("queue %s of import %d: %w", j.What, j.ID, err)
	}
	return nil
}

// AddTask queues a job for a task that was begun so many times.
func (q *Queue) AddTask(ctx context.Context, t Task, tries int64) error {
	return q.Add(ctx, t.job(tries), taskPeriod)
}

// Stop gives out no more jobs, waits for those that run, after the grace with
// their contexts ended, and returns when none does any more.
func (q *Queue) Stop(ctx context.Context) error {
	err := q.client.Stop(context.WithoutCancel(ctx))
	if q.file != nil {
		err = errors.Join(err, q.file.Close())
	}
	if err != nil {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}

// queueIn queues a job for a task with the transaction that makes it necessary.
func (db *DB) queueIn(ctx context.Context, tx *Tx, j Job) error {
	if tx.pg == nil {
		return nil
	}
	client, err := river.NewClient(riverpgxv5.New(db.pg), &river.Config{})
	if err != nil {
		return err
	}
	if _, err := client.InsertTx(ctx, tx.pg, j, j.insert(taskPeriod)); err != nil {
		return fmt.Errorf("queue %s of import %d: %w", j.What, j.ID, err)
	}
	return nil
}

// PrepareQueue makes River's tables on PostgreSQL, if need be: before the first
// transaction that queues a job. On SQLite [DB.StartQueue] does.
func (db *DB) PrepareQueue(ctx context.Context) error {
	if db.pg == nil {
		return nil
	}
	return db.migrateRiver(ctx)
}

// riverLock is the key of the advisory lock under which River's tables are made;
// no organisation has that number.
const riverLock = 0

func (db *DB) migrateRiver(ctx context.Context) (err error) {
	if db.queueReady.Load() {
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, db.pg.Config().ConnConfig) // its end is the lock's
	if err != nil {
		return cmp.Or(ctx.Err(), unreachable())
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1, $2)`, applyLock, riverLock); err != nil {
		return fmt.Errorf("tables of jobs: %w", err)
	}
	if err := runRiverMigrations(ctx, riverpgxv5.New(db.pg)); err != nil {
		return err
	}
	db.queueReady.Store(true)
	return nil
}

func runRiverMigrations[T any](ctx context.Context, driver riverdriver.Driver[T]) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err == nil {
		return nil
	}
	if have, again := migrator.ExistingVersions(ctx); again == nil && len(have) == len(migrator.AllVersions()) {
		return nil // another process was faster
	}
	return fmt.Errorf("tables of jobs: %w", err)
}
