package database

import (
	"cmp"
	"database/sql"
	"fmt"
	"maps"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// Bounds of the two pools of one replica, unless Config says otherwise. The server's
// max_connections has to be at least their sum for each replica.
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
func openPostgreSQL(c Config) (writer, reader *sql.DB, err error) {
	patience := cmp.Or(c.Patience, patience)
	config, err := pgx.ParseConfig(c.PostgreSQL)
	if err != nil {
		return nil, nil, fmt.Errorf("parsing PostgreSQL connection string: %w", err)
	}
	setDefaults(config.RuntimeParams, sessionDefaults)
	dialWithDefaults(config)
	if config.ValidateConnect == nil { // target_session_attrs says otherwise
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	writer = openPool(config, cmp.Or(c.Writers, postgresWriters), patience)

	readOnly := config.Copy()
	setDefaults(readOnly.RuntimeParams, map[string]string{
		"default_transaction_read_only": "on",
		// Filters of very different selectivity share one statement text. A generic
		// plan would be wrong for some of them.
		"plan_cache_mode": "force_custom_plan",
	})
	return writer, openPool(readOnly, cmp.Or(c.Readers, postgresReaders), patience), nil
}

func openPool(config *pgx.ConnConfig, connections int, patience time.Duration) *sql.DB {
	pool := sql.OpenDB(connector{stdlib.GetConnector(*config), &pulse{patience: patience}})
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	// Connections are renewed, so that after a failover replicas follow the server's
	// name.
	pool.SetConnMaxLifetime(30 * time.Minute)
	return pool
}

// connectTimeout bounds the opening of a connection, unless the connection string does.
const connectTimeout = 5 * time.Second

// keepAlive finds out that the machine of the server has gone, while a connection waits
// for an answer or is idle.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3}

func dialWithDefaults(config *pgx.ConnConfig) {
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	dialer := &net.Dialer{Timeout: config.ConnectTimeout, KeepAliveConfig: keepAlive}
	config.DialFunc = dialer.DialContext
}

func setDefaults(params, defaults map[string]string) {
	missing := maps.Clone(defaults)
	maps.DeleteFunc(missing, func(name, _ string) bool { _, set := params[name]; return set })
	maps.Copy(params, missing)
}
