package config

import (
	"log/slog"
	"net/netip"
	"time"
)

// Config is the whole configuration. Load gives it complete and valid, with absolute paths.
type Config struct {
	// DataDir is the folder of everything that is kept on this machine and has no path of its own. Default: data.
	DataDir string `koanf:"data-dir"`

	// PublicURL is the address by which clients reach the gateway, without a path. Tokens name it as issuer and
	// audience, so changing it makes every token that is out invalid. https, or http on the machine itself.
	// Default: http://127.0.0.1:8443.
	PublicURL string `koanf:"public-url"`

	// TrustedProxies are the address ranges of the reverse proxies in front, whose X-Forwarded-For is believed.
	// Contracts say from where documents may be read: a range too many here lets anybody claim any address, and a
	// proxy missing here makes all its users come from the proxy's address. Default: none.
	TrustedProxies []netip.Prefix `koanf:"trusted-proxies"`

	Listen   Listen   `koanf:"listen"`
	TLS      TLS      `koanf:"tls"`
	Database Database `koanf:"database"`
	Objects  Objects  `koanf:"objects"`
	Keys     Keys     `koanf:"keys"`
	Ledger   Ledger   `koanf:"ledger"`
	Backups  Backups  `koanf:"backups"`
	Log      Log      `koanf:"log"`
	Limits   Limits   `koanf:"limits"`
}

// Listen says where the gateway answers, each as HOST:PORT.
type Listen struct {
	// API is for clients, provider staff and officers. Default: 127.0.0.1:8443.
	API string `koanf:"api"`

	// Admin is for the machine's own supervision: health, metrics, profiles. It asks nobody who they are and must not
	// be reachable from outside. Default: 127.0.0.1:8444.
	Admin string `koanf:"admin"`
}

// TLS is the certificate of the API. Without it the API speaks plain HTTP, and a reverse proxy in front must speak TLS.
// Both keys or neither.
type TLS struct {
	// Cert is a PEM file with the certificate and its chain. Default: none.
	Cert string `koanf:"cert"`

	// Key is a PEM file with the private key. Default: none.
	Key string `koanf:"key"`
}

// DatabaseEngine is a kind of database.
type DatabaseEngine string

// The databases.
const (
	SQLite     DatabaseEngine = "sqlite"     // a file of this machine: one process
	PostgreSQL DatabaseEngine = "postgresql" // a server: any number of replicas
)

// Database holds contracts, document headers and the ledger.
type Database struct {
	// Engine is sqlite or postgresql. Default: sqlite.
	Engine DatabaseEngine `koanf:"engine"`

	// Path is the file of sqlite. It must be on a local disk. Default: bordereau.db in the data folder.
	Path string `koanf:"path"`

	// URL is where postgresql is, as postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full. A secret.
	URL Secret `koanf:"url"`
}

// ObjectsEngine is a kind of object store.
type ObjectsEngine string

// The object stores.
const (
	Folder ObjectsEngine = "folder" // a folder of this machine
	S3     ObjectsEngine = "s3"     // a bucket of any S3-compatible server
)

// Objects is where the sealed bodies of documents lie. It is not trusted: whoever controls it can lose documents, and
// can neither read nor replace one.
type Objects struct {
	// Engine is folder or s3. Default: folder.
	Engine ObjectsEngine `koanf:"engine"`

	// Dir is the folder of the engine folder. Default: objects in the data folder.
	Dir string `koanf:"dir"`

	// Endpoint is the s3 server as HOST or HOST:PORT, without a scheme.
	Endpoint string `koanf:"endpoint"`

	// Region is the s3 region, which requests are signed for; a server of one's own usually has us-east-1.
	// Default: us-east-1.
	Region string `koanf:"region"`

	// Bucket is the s3 bucket. It must exist.
	Bucket string `koanf:"bucket"`

	// Prefix is put before every key, for a bucket that others use too. When it is not empty it ends with a slash.
	// Default: empty.
	Prefix string `koanf:"prefix"`

	// AccessKey is the name of the s3 key. Without it, and without secret-key, the key is what the usual chain finds:
	// AWS_ACCESS_KEY_ID and so on, the shared credentials file, then the identity of the pod or machine, which is
	// renewed as it expires. Default: none.
	AccessKey string `koanf:"access-key"`

	// SecretKey is the s3 key. A secret.
	SecretKey Secret `koanf:"secret-key"`

	// Secure says whether s3 is reached by TLS. Default: true.
	Secure bool `koanf:"secure"`

	// CAFile is a PEM file with private authorities to trust for s3, beside the system's. Default: none.
	CAFile string `koanf:"ca-file"`

	// SweepEvery is how often one of the gateways compares the whole store with the database, and removes what nobody
	// needs: what late writes left, what erased documents left in a store that was restored, parts of uploads that died,
	// and objects that no document refers to, once they are twice backups.days old. From 1h to 720h. Default: 24h.
	SweepEvery time.Duration `koanf:"sweep-every"`
}

// Keys says where the private keys are. The files are made by `bordereau init`, with mode 0600, and are nowhere else:
// keep a copy of each offline.
type Keys struct {
	// Root is the file of the root key, which opens all documents. Default: root.key in the data folder, unless
	// root-secret is set.
	Root string `koanf:"root"`

	// RootSecret is the text of a root file, for platforms that hand keys over as secrets. A secret.
	RootSecret Secret `koanf:"root-secret"`

	// Recovery are age recipients (age1pq1… or age1…) whose identities are kept offline: each contract's key is sealed
	// to them too, for the day when the root is lost. After a change, `bordereau keys add-recovery` seals the keys that
	// exist. Default: none.
	Recovery []string `koanf:"recovery"`

	// Token is the file of the key that signs access tokens. Default: token.key in the data folder.
	Token string `koanf:"token"`

	// Receipt is the file of the key that signs receipts. Clients check old receipts with it: when it is exchanged,
	// keep publishing the old public key. Default: receipt.key in the data folder.
	Receipt string `koanf:"receipt"`

	// Ledger is the file of the key that signs the checkpoints of the ledgers. Default: ledger.key in the data folder.
	Ledger string `koanf:"ledger"`

	// LedgerFormer are the files of keys that signed the checkpoints before and go on to sign them beside Ledger, for as
	// long as some verifiers know no other. `bordereau audit key rotate` keeps them. Default: none.
	LedgerFormer []string `koanf:"ledger-former"`
}

// Ledger is the audit trail.
type Ledger struct {
	// Origin is the name of this installation in every checkpoint: a host name of yours and a path, without a scheme.
	// Choose it before the first document: witnesses and verifiers know the ledgers by it, and it cannot be changed
	// without starting new ones. Default: bordereau.localhost.
	Origin string `koanf:"origin"`

	// Publish is where the ledgers are copied to as they grow.
	Publish Publish `koanf:"publish"`

	// Retention is how long what is personal in the ledgers is kept.
	Retention Retention `koanf:"retention"`
}

// Retention is for how many days addresses and whatever else is personal is kept beside the events of each class, and names
// of people who have left. The events themselves stay. docs/audit.md has the law and the practice behind the bounds.
type Retention struct {
	// Content is of events about documents that came in, were looked at or went out. From 365 to 2192. Default: 730.
	Content int64 `koanf:"content"`

	// Work is of batches, assignments, receipts and listings. From 183 to 1096. Default: 365.
	Work int64 `koanf:"work"`

	// Access is of changes in who may do what. From 365 to 2192. Default: 1096.
	Access int64 `koanf:"access"`

	// SignIn is of people who came in at the door. From 183 to 1096. Default: 365.
	SignIn int64 `koanf:"sign-in"`

	// Audit is of questions to the ledgers, with the questions. From 365 to 2192. Default: 1096.
	Audit int64 `koanf:"audit"`

	// Denial is of refusals, whatever was refused. From 365 to 2192. Default: 730.
	Denial int64 `koanf:"denial"`

	// Names is for how long the name of a person is kept after they have left. From 30 to 1096. Default: 365.
	Names int64 `koanf:"names"`
}

// RetentionMode is who may take back the retention of an object in a bucket.
type RetentionMode string

// The modes of retention.
const (
	NoRetention RetentionMode = "none"       // objects have none
	Governance  RetentionMode = "governance" // whoever has the server's permission for it may
	Compliance  RetentionMode = "compliance" // nobody may before its end
)

// Publish says where tiles and checkpoints of the ledgers are published. Whoever controls the database must not control
// this too: it is what a rewritten database is noticed by, and what a restored one is completed from.
type Publish struct {
	// Engine is folder or s3. Default: folder.
	Engine ObjectsEngine `koanf:"engine"`

	// Dir is the folder of the engine folder, best on another disk or carried away often. Default: published in the data
	// folder.
	Dir string `koanf:"dir"`

	// Endpoint is the s3 server as HOST or HOST:PORT, without a scheme.
	Endpoint string `koanf:"endpoint"`

	// Region is the s3 region, which requests are signed for. Default: us-east-1.
	Region string `koanf:"region"`

	// Bucket is the s3 bucket, best one of its own in another account than the database's. It must exist.
	Bucket string `koanf:"bucket"`

	// Prefix is put before every key, for a bucket that others use too. When it is not empty it ends with a slash.
	// Default: empty.
	Prefix string `koanf:"prefix"`

	// AccessKey is the name of the s3 key. It need not be allowed to delete.
	AccessKey string `koanf:"access-key"`

	// SecretKey is the s3 key. A secret.
	SecretKey Secret `koanf:"secret-key"`

	// Secure says whether s3 is reached by TLS. Default: true.
	Secure bool `koanf:"secure"`

	// CAFile is a PEM file with the authorities to trust for s3, in place of the system's. Default: the system's.
	CAFile string `koanf:"ca-file"`

	// RetentionMode is none, governance or compliance. The last two need an s3 bucket that was made with Object Lock: full
	// tiles, full bundles and one checkpoint a minute of each ledger then cannot be deleted before retention-days are over;
	// with governance only by whoever the server permits it, with compliance by nobody. Default: none.
	RetentionMode RetentionMode `koanf:"retention-mode"`

	// RetentionDays is how long, from when it was published. It can be made longer for what comes later, and never shorter
	// for what is there. From 1 to 36500; 0 without a retention. Default: 0.
	RetentionDays int64 `koanf:"retention-days"`

	// Every is the pause between two publications: what is recorded in it could still be rewritten unnoticed. From 1s
	// to 1h. Default: 1m.
	Every time.Duration `koanf:"every"`
}

// Backups says how the database is backed up, by whatever does that.
type Backups struct {
	// Days is after how many days the last copy of a backup of the database is destroyed, wherever it is. Until then a
	// backup could bring back what was erased, so destruction certificates name the date. From 1 to 3650. Default: 35.
	Days int64 `koanf:"days"`
}

// LogFormat is a way to write the log.
type LogFormat string

// The formats of the log.
const (
	Text LogFormat = "text" // for people
	JSON LogFormat = "json" // one object per line
)

// Log is the program's log, on standard error. It is not the audit trail and holds no names and no content.
type Log struct {
	// Level is the least that is logged: debug, info, warn or error. Default: info.
	Level slog.Level `koanf:"level"`

	// Format is text or json. Default: text.
	Format LogFormat `koanf:"format"`
}

// Limits are sizes in bytes and times such as 30s or 2m.
type Limits struct {
	// VerifyWhole is the size up to which a document is verified whole before its first byte is sent, which takes as
	// much memory for each download. Larger ones are verified as they are sent, and a broken one breaks the
	// connection. From 0 to 64 MiB. Default: 4 MiB.
	VerifyWhole int64 `koanf:"verify-whole"`

	// LedgerWait is how long a request waits for the ledger to confirm its event before it is answered with 503.
	// From 100ms to 1m. Default: 2s.
	LedgerWait time.Duration `koanf:"ledger-wait"`

	// ReadHeader is how long a client may take to send the header of a request. From 1s to 5m. Default: 10s.
	ReadHeader time.Duration `koanf:"read-header"`

	// Stall is how long a transfer, up or down, may stand still before it is cut. A slow transfer may take as long as
	// it takes. From 5s to 1h. Default: 1m.
	Stall time.Duration `koanf:"stall"`

	// Idle is how long a connection is kept between requests. From 1s to 1h. Default: 2m.
	Idle time.Duration `koanf:"idle"`

	// Shutdown is how long running transfers may go on when the program is asked to stop. From 0s to 1h. Default: 30s.
	Shutdown time.Duration `koanf:"shutdown"`
}
