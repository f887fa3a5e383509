package database

import (
	"database/sql"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Bounds of the two pools of one replica. The server's max_connections has to be at least
// 40 for each replica.
const (
	postgresWriters = 24
	postgresReaders = 16
)

// sessionDefaults are set at the start of a session, unless the connection string sets
// them. All times are milliseconds.
var sessionDefaults = map[string]string{
	"application_name": "bordereau",
	// A statement that takes longer is stuck: none of ours reads more than a page of
	// rows.
	"statement_timeout": "30000",
	// No transaction of ours holds a lock for as long, and a client waits longer.
	"lock_timeout": "10000",
	// A replica that hangs inside a transaction must not hold its locks for ever.
	"idle_in_transaction_session_timeout": "60000",
}

// openPostgreSQL opens a pool that writes and a pool that reads, so that neither can use
// up the connections of the other.
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
		// Filters of very different selectivity share one statement text. A generic
		// plan would be wrong for some of them.
		"plan_cache_mode": "force_custom_plan",
	})
	return writer, openPool(readOnly, postgresReaders), nil
}

func openPool(config *pgx.ConnConfig, connections int) *sql.DB {
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	// Connections are renewed, so that after a failover replicas follow the server's
	// name.
	pool.SetConnMaxLifetime(30 * time.Minute)
	return pool
}

func setDefaults(params, defaults map[string]string) {
	missing := maps.Clone(defaults)
	maps.DeleteFunc(missing, func(name, _ string) bool { _, set := params[name]; return set })
	maps.Copy(params, missing)
}
