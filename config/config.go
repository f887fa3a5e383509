package config

import (
	"log/slog"
	"net/netip"
	"time"
)

// Config is the whole configuration. Load gives it complete and valid, with absolute
// paths.
type Config struct {
	// DataDir is the folder of everything that is kept on this machine and has no path of
	// its own. Default: data.
	DataDir string `koanf:"data-dir"`

	// PublicURL is the address by which clients reach the gateway, without a path. It
	// begins with https; http is only for the machine itself. Tokens name this address as
	// issuer and audience, so a change makes all tokens in use invalid. Default:
	// http://127.0.0.1:8443.
	PublicURL string `koanf:"public-url"`

	// TrustedProxies are the address ranges of the reverse proxies in front. The gateway
	// believes their X-Forwarded-For. Contracts limit the addresses from which documents
	// may be read: with a range too many, a client can claim any address; without the
	// range of a proxy, all its users seem to come from the proxy's address. Default:
	// none.
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

	// Admin is for the machine's own supervision: health, metrics, profiles. It asks for
	// no token and must not be reachable from outside. Default: 127.0.0.1:8444.
	Admin string `koanf:"admin"`
}

// TLS is the certificate of the API. Without a certificate the API speaks plain HTTP, and
// a reverse proxy in front must speak TLS. Set both keys or neither.
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

	// Path is the file of sqlite. It must be on a local disk. Default: bordereau.db in
	// the data folder.
	Path string `koanf:"path"`

	// URL is the address of postgresql:
	// postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full. A secret.
	URL Secret `koanf:"url"`

	// Writers is how many connections to PostgreSQL one gateway may have for what
	// changes something, and Readers for what only reads. The server's max_connections
	// must be at least the sum over all gateways. A request waits 5 s for a connection.
	// From 4 to 1000. 0 is 24 and 16.
	Writers int64 `koanf:"writers"`
	Readers int64 `koanf:"readers"`
}

// ObjectsEngine is a kind of object store.
type ObjectsEngine string

// The object stores.
const (
	Folder ObjectsEngine = "folder" // a folder of this machine
	S3     ObjectsEngine = "s3"     // a bucket of any S3-compatible server
)

// Objects is the store of the documents' sealed bodies. The store is not trusted: a
// person who controls it can lose documents, but can neither read nor replace one.
type Objects struct {
	// Engine is folder or s3. Default: folder.
	Engine ObjectsEngine `koanf:"engine"`

	// Dir is the folder of the engine folder. Default: objects in the data folder.
	Dir string `koanf:"dir"`

	// Endpoint is the s3 server as HOST or HOST:PORT, without a scheme.
	Endpoint string `koanf:"endpoint"`

	// Region is the s3 region. Requests are signed for it. A server of your own usually
	// has us-east-1. Default: us-east-1.
	Region string `koanf:"region"`

	// Bucket is the s3 bucket. It must exist.
	Bucket string `koanf:"bucket"`

	// Prefix is put before every key, for a bucket that has other users too. A prefix
	// ends with a slash. Default: empty.
	Prefix string `koanf:"prefix"`

	// AccessKey is the name of the s3 key. Without access-key and secret-key the gateway
	// takes the credentials of the usual chain: AWS_ACCESS_KEY_ID and so on, the shared
	// credentials file, then the identity of the pod or machine, which is renewed as it
	// expires. Default: none.
	AccessKey string `koanf:"access-key"`

	// SecretKey is the s3 key. A secret.
	SecretKey Secret `koanf:"secret-key"`

	// Secure says whether s3 is reached by TLS. Default: true.
	Secure bool `koanf:"secure"`

	// CAFile is a PEM file with private certificate authorities to trust for s3, beside
	// the system's. Default: none.
	CAFile string `koanf:"ca-file"`

	// LargestPut is the largest body in bytes that is sent to s3 in one request; larger
	// ones go in parts. Lower it where a proxy limits requests. From 5 MiB to 5 GiB.
	// Default: 5 GiB.
	LargestPut int64 `koanf:"largest-put"`

	// SweepEvery is how often one of the gateways compares the whole store with the
	// database and removes stale objects: remains of late writes, bodies of erased
	// documents in a store that was restored, and parts of uploads that died. It also
	// removes objects that no document refers to, once they are twice backups.days old.
	// From 1h to 720h. Default: 24h.
	SweepEvery time.Duration `koanf:"sweep-every"`
}

// Keys says where the private keys are. `bordereau init` makes the files with mode 0600.
// There is no other copy: keep one of each offline.
type Keys struct {
	// Root is the file of the root key, which opens all documents. Default: root.key in
	// the data folder, unless root-secret is set.
	Root string `koanf:"root"`

	// RootSecret is the text of a root file, for platforms that hand keys over as
	// secrets. A secret.
	RootSecret Secret `koanf:"root-secret"`

	// Recovery are age recipients (age1pq1… or age1…) whose identities are kept offline.
	// Each contract's key is sealed to them too, for the day when the root key is lost.
	// After a change, `bordereau keys add-recovery` seals the existing keys to the new
	// ones. Default: none.
	Recovery []string `koanf:"recovery"`

	// Token is the file of the key that signs access tokens. Default: token.key in the
	// data folder.
	Token string `koanf:"token"`

	// Receipt is the file of the key that signs receipts. Clients check old receipts with
	// it: after an exchange, keep publishing the old public key. Default: receipt.key in
	// the data folder.
	Receipt string `koanf:"receipt"`

	// Ledger is the file of the key that signs the checkpoints of the ledgers. Default:
	// ledger.key in the data folder.
	Ledger string `koanf:"ledger"`

	// LedgerFormer are the files of former ledger keys. They go on signing checkpoints
	// beside Ledger, for as long as some verifiers know no other key. `bordereau audit
	// key rotate` keeps the files. Default: none.
	LedgerFormer []string `koanf:"ledger-former"`
}

// Ledger is the audit trail.
type Ledger struct {
	// Origin is the name of this installation in every checkpoint: a host name of yours
	// and a path, without a scheme. Choose it before the first document: witnesses and
	// verifiers know the ledgers by this name, and a new name needs new ledgers. Default:
	// bordereau.localhost.
	Origin string `koanf:"origin"`

	// Publish says where the ledgers are copied to as they grow.
	Publish Publish `koanf:"publish"`

	// Retention says how long personal data in the ledgers is kept.
	Retention Retention `koanf:"retention"`
}

// Retention gives the number of days for which personal data, such as addresses, is kept
// beside the events of each class. Names gives it for the names of people who have left.
// The events themselves stay. docs/audit.md has the law and the practice behind the
// bounds.
type Retention struct {
	// Content is for events about documents that came in, were looked at or went out.
	// From 365 to 2192. Default: 730.
	Content int64 `koanf:"content"`

	// Work is for batches, assignments, receipts and listings. From 183 to 1096. Default:
	// 365.
	Work int64 `koanf:"work"`

	// Access is for changes in who may do what. From 365 to 2192. Default: 1096.
	Access int64 `koanf:"access"`

	// SignIn is for sign-ins. From 183 to 1096. Default: 365.
	SignIn int64 `koanf:"sign-in"`

	// Audit is for questions to the ledgers, with the questions' text. From 365 to 2192.
	// Default: 1096.
	Audit int64 `koanf:"audit"`

	// Denial is for refusals of every kind. From 365 to 2192. Default: 730.
	Denial int64 `koanf:"denial"`

	// Names is for the name of a person, counted from the day when the person left. From
	// 30 to 1096. Default: 365.
	Names int64 `koanf:"names"`
}

// RetentionMode says who may end the retention of an object in a bucket early.
type RetentionMode string

// The modes of retention.
const (
	NoRetention RetentionMode = "none"       // objects have none
	Governance  RetentionMode = "governance" // a person with the server's permission for it may
	Compliance  RetentionMode = "compliance" // no one may before its end
)

// Publish says where tiles and checkpoints of the ledgers are published. A person who
// controls the database must not control this place too: a rewritten database is noticed
// by what is published here, and a restored database is completed from it.
type Publish struct {
	// Engine is folder or s3. Default: folder.
	Engine ObjectsEngine `koanf:"engine"`

	// Dir is the folder of the engine folder, best on another disk or copied away often.
	// Default: published in the data folder.
	Dir string `koanf:"dir"`

	// Endpoint is the s3 server as HOST or HOST:PORT, without a scheme.
	Endpoint string `koanf:"endpoint"`

	// Region is the s3 region, which requests are signed for. Default: us-east-1.
	Region string `koanf:"region"`

	// Bucket is the s3 bucket. It must exist. It is best a bucket of its own, in another
	// account than the database's.
	Bucket string `koanf:"bucket"`

	// Prefix is put before every key, for a bucket that has other users too. A prefix
	// ends with a slash. Default: empty.
	Prefix string `koanf:"prefix"`

	// AccessKey is the name of the s3 key. It needs no permission to delete.
	AccessKey string `koanf:"access-key"`

	// SecretKey is the s3 key. A secret.
	SecretKey Secret `koanf:"secret-key"`

	// Secure says whether s3 is reached by TLS. Default: true.
	Secure bool `koanf:"secure"`

	// CAFile is a PEM file with the certificate authorities to trust for s3, in place of
	// the system's. Default: the system's.
	CAFile string `koanf:"ca-file"`

	// RetentionMode is none, governance or compliance. The last two need an s3 bucket
	// that was made with Object Lock. Full tiles, full bundles and one checkpoint a
	// minute of each ledger then cannot be deleted before retention-days are over. With
	// governance, a person with the server's permission can still delete them; with
	// compliance, no one can. Default: none.
	RetentionMode RetentionMode `koanf:"retention-mode"`

	// RetentionDays is how long a published object is retained. A change holds for later
	// objects; the retention of an existing object never gets shorter. From 1 to 36500; 0
	// without a retention. Default: 0.
	RetentionDays int64 `koanf:"retention-days"`

	// Every is the pause between two publications. Events of the last pause could still
	// be rewritten unnoticed. From 1s to 1h. Default: 1m.
	Every time.Duration `koanf:"every"`
}

// Backups describes the backups of the database, which another program makes.
type Backups struct {
	// Days is the age in days at which the last copy of a backup of the database is
	// destroyed, wherever it is. Until then a backup could bring back erased documents,
	// so destruction certificates name the date. From 1 to 3650. Default: 35.
	Days int64 `koanf:"days"`
}

// LogFormat is a way to write the log.
type LogFormat string

// The formats of the log.
const (
	Text LogFormat = "text" // for people
	JSON LogFormat = "json" // one object per line
)

// Log is the program's log, on standard error. It is not the audit trail. It holds no
// names and no content.
type Log struct {
	// Level is the lowest level that is logged: debug, info, warn or error. Default:
	// info.
	Level slog.Level `koanf:"level"`

	// Format is text or json. Default: text.
	Format LogFormat `koanf:"format"`
}

// Limits are sizes in bytes and times such as 30s or 2m.
type Limits struct {
	// VerifyWhole is the size up to which a document is verified whole before its first
	// byte is sent. Each such download takes as much memory. Larger documents are
	// verified as they are sent, and a damaged one breaks the connection. From 0 to 64
	// MiB. Default: 4 MiB.
	VerifyWhole int64 `koanf:"verify-whole"`

	// LedgerWait is how long a request waits for the ledger to confirm its event. After
	// that the answer is 503. From 100ms to 1m. Default: 2s.
	LedgerWait time.Duration `koanf:"ledger-wait"`

	// ReadHeader is how long a client may take to send the header of a request. From 1s
	// to 5m. Default: 10s.
	ReadHeader time.Duration `koanf:"read-header"`

	// Stall is how long a transfer, up or down, may stand still before it is cut. A slow
	// transfer has no limit of time. From 5s to 1h. Default: 1m.
	Stall time.Duration `koanf:"stall"`

	// Idle is how long a connection is kept between requests. From 1s to 1h. Default: 2m.
	Idle time.Duration `koanf:"idle"`

	// Shutdown is how long running transfers may go on when the program is asked to stop.
	// From 0s to 1h. Default: 30s.
	Shutdown time.Duration `koanf:"shutdown"`

	// DrainPause is how long the API goes on taking requests after the program was asked
	// to stop. /readyz says at once that the gateway is not ready, so a balancer has this
	// time to send its requests elsewhere. Behind one, set a little more than its pause
	// between two checks times the failures that it waits for. From 0s to 5m. Default:
	// 0s.
	DrainPause time.Duration `koanf:"drain-pause"`
}
