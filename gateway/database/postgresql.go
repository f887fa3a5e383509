package database

import (
	"database/sql"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Bounds of the two pools of one replica, so that the server's max_connections can be planned: replicas × 40.
const (
	postgresWriters = 24
	postgresReaders = 16
)

// What a session is told at its start, unless the connection string says otherwise. All times are milliseconds.
var sessionDefaults = map[string]string{
	"application_name": "bordereau",
	// A statement that takes longer is stuck: nothing we ask reads more than a page of rows.
	"statement_timeout": "30000",
	// Longer than any transaction of ours holds a lock, shorter than a client waits.
	"lock_timeout": "10000",
	// A replica that hangs inside a transaction must not hold its locks for ever.
	"idle_in_transaction_session_timeout": "60000",
}

// openPostgreSQL opens a pool that writes and a pool that reads, so that neither can use up the other's connections.
func openPostgreSQL(dsn string) (writer, reader *sql.DB, err error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, nil, fmt.Errorf("parsing PostgreSQL connection string: %w", err)
	}
	setDefaults(config.RuntimeParams, sessionDefaults)
	writer = openPool(config, postgresWriters)

	readOnly := config.Copy()
	setDefaults(readOnly.RuntimeParams, map[string]string{
		"default_transaction_read_only": "on",
		// Filters with very different selectivity share one statement text: a generic plan would serve the wrong one.
		"plan_cache_mode": "force_custom_plan",
	})
	return writer, openPool(readOnly, postgresReaders), nil
}

func openPool(config *pgx.ConnConfig, connections int) *sql.DB {
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	// Connections are renewed now and then, so that replicas move to where the name points after a failover.
	pool.SetConnMaxLifetime(30 * time.Minute)
	return pool
}

func setDefaults(params, defaults map[string]string) {
	missing := maps.Clone(defaults)
	maps.DeleteFunc(missing, func(name, _ string) bool { _, set := params[name]; return set })
	maps.Copy(params, missing)
}
