package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Validate looks for everything that is wrong with c in itself; it touches no files and
// no servers. The error is an *Error with all problems. c must have its paths; see
// Resolve.
func (c Config) Validate() error {
	var found problems
	if c.DataDir == "" {
		found.add("data-dir", "must not be empty")
	}
	found.publicURL(c.PublicURL)
	found.proxies(c.TrustedProxies)
	found.address("listen.api", c.Listen.API)
	found.address("listen.admin", c.Listen.Admin)
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		found.add("tls", "needs both cert and key, or neither")
	}
	found.database(c.Database)
	found.objects(c.Objects)
	if c.Objects.LargestPut < 5<<20 || c.Objects.LargestPut > 5<<30 {
		found.add("objects.largest-put", "must be from %d to %d bytes", 5<<20, 5<<30)
	}
	found.duration("objects.sweep-every", c.Objects.SweepEvery, time.Hour, 720*time.Hour)
	found.keys(c.Keys)
	found.origin(c.Ledger.Origin)
	found.publish(c.Ledger.Publish)
	found.duration("ledger.publish.every", c.Ledger.Publish.Every, time.Second, time.Hour)
	found.retention(c.Ledger.Retention)
	if c.Backups.Days < 1 || c.Backups.Days > 3650 {
		found.add("backups.days", "must be from 1 to 3650")
	}
	if c.Log.Format != Text && c.Log.Format != JSON {
		found.add("log.format", "must be text or json")
	}
	found.limits(c.Limits)
	return found.err()
}

func (p *problems) publicURL(text string) {
	const path = "public-url"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		p.add(path, "must be an address such as https://transfer.example.com")
	case u.Scheme != "https" && u.Scheme != "http":
		p.add(path, "must begin with https://")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		p.add(path, "must begin with https://, because tokens travel with every request; http is for 127.0.0.1 alone")
	case u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		p.add(path, "must be scheme and host alone, without a user, a path or a slash at its end")
	}
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

func (p *problems) proxies(ranges []netip.Prefix) {
	for i, r := range ranges {
		path := "trusted-proxies[" + strconv.Itoa(i) + "]"
		switch {
		case !r.IsValid():
			p.add(path, "must be an address range such as 10.0.0.0/8")
		case r != r.Masked():
			p.add(path, "has bits beyond its length: write %s", r.Masked())
		case r.Bits() == 0:
			p.add(path, "lets every client claim any address: name the proxies")
		}
	}
}

func (p *problems) address(path, text string) {
	_, port, err := net.SplitHostPort(text)
	if _, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil {
		p.add(path, "must be HOST:PORT, such as 127.0.0.1:8443")
	}
}

// The bounds of a pool. The sequencer and the lock of the process have a connection each
// for themselves.
const (
	leastConnections = 4
	mostConnections  = 1000
)

func (p *problems) database(d Database) {
	switch d.Engine {
	case SQLite:
		p.required("database.path", d.Path != "", "sqlite")
		p.onlyFor("database.url", !d.URL.IsEmpty(), "postgresql")
	case PostgreSQL:
		p.postgres(d.URL)
		p.onlyFor("database.path", d.Path != "", "sqlite")
	default:
		p.add("database.engine", "must be sqlite or postgresql")
	}
	p.connections("database.writers", d.Writers)
	p.connections("database.readers", d.Readers)
}

func (p *problems) connections(path string, n int64) {
	if n != 0 && (n < leastConnections || n > mostConnections) {
		p.add(path, "must be from %d to %d connections", leastConnections, mostConnections)
	}
}

func (p *problems) postgres(secret Secret) {
	const path = "database.url"
	u, err := url.Parse(secret.Reveal())
	switch {
	case secret.IsEmpty():
		p.required(path, false, "postgresql")
	case err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql":
		p.add(path, "must be an address such as postgres://USER:PASSWORD@HOST/DATABASE")
	}
}

func (p *problems) objects(o Objects) {
	p.objectStore("objects", objectStore{engine: o.Engine, dir: o.Dir, endpoint: o.Endpoint, region: o.Region, bucket: o.Bucket, prefix: o.Prefix,
		accessKey: o.AccessKey, secretKey: o.SecretKey, secure: o.Secure, caFile: o.CAFile})
}

func (p *problems) publish(c Publish) {
	p.objectStore("ledger.publish", objectStore{engine: c.Engine, dir: c.Dir, endpoint: c.Endpoint, region: c.Region, bucket: c.Bucket, prefix: c.Prefix,
		accessKey: c.AccessKey, secretKey: c.SecretKey, secure: c.Secure, caFile: c.CAFile})
	const days = "ledger.publish.retention-days"
	switch c.RetentionMode {
	case NoRetention:
		if c.RetentionDays != 0 {
			p.add(days, "is only for the retention modes governance and compliance")
		}
	case Governance, Compliance:
		p.onlyFor("ledger.publish.retention-mode", c.Engine == Folder, "s3")
		if c.RetentionDays < 1 || c.RetentionDays > 36500 {
			p.add(days, "must be from 1 to 36500")
		}
	default:
		p.add("ledger.publish.retention-mode", "must be none, governance or compliance")
	}
}

// objectStore has what the sections objects and ledger.publish have in common.
type objectStore struct {
	engine                                   ObjectsEngine
	dir, endpoint, region, bucket, accessKey string
	secretKey                                Secret
	prefix, caFile                           string
	secure                                   bool
}

func (p *problems) objectStore(section string, s objectStore) {
	bucket := []struct {
		key string
		set bool
	}{
		{"endpoint", s.endpoint != ""},
		{"bucket", s.bucket != ""},
	}
	switch s.engine {
	case Folder:
		p.required(section+".dir", s.dir != "", "folder")
		for _, k := range bucket {
			p.onlyFor(section+"."+k.key, k.set, "s3")
		}
		p.onlyFor(section+".access-key", s.accessKey != "", "s3")
		p.onlyFor(section+".secret-key", !s.secretKey.IsEmpty(), "s3")
		p.onlyFor(section+".prefix", s.prefix != "", "s3")
		p.onlyFor(section+".ca-file", s.caFile != "", "s3")
	case S3:
		p.onlyFor(section+".dir", s.dir != "", "folder")
		for _, k := range bucket {
			p.required(section+"."+k.key, k.set, "s3")
		}
		p.required(section+".region", s.region != "", "s3")
		if s.accessKey != "" && s.secretKey.IsEmpty() {
			p.add(section+".secret-key", "must be set with %s.access-key", section)
		}
		if s.accessKey == "" && !s.secretKey.IsEmpty() {
			p.add(section+".access-key", "must be set with %s.secret-key", section)
		}
		p.bucket(section, s)
	default:
		p.add(section+".engine", "must be folder or s3")
	}
}

func (p *problems) bucket(section string, s objectStore) {
	if strings.ContainsAny(s.endpoint, "/ @") {
		p.add(section+".endpoint", "must be HOST or HOST:PORT alone: the key secure switches TLS, the key bucket names the bucket")
	}
	if s.prefix != "" && (!strings.HasSuffix(s.prefix, "/") || strings.HasPrefix(s.prefix, "/") ||
		strings.Contains(s.prefix, "//") || strings.Trim(s.prefix, "abcdefghijklmnopqrstuvwxyz0123456789-/") != "") {
		p.add(section+".prefix", "must have only a-z, 0-9, - and /, end with a slash and not begin with one")
	}
	if s.caFile != "" && !s.secure {
		p.add(section+".ca-file", "has no effect without secure: remove it, or set secure to true")
	}
}

func (p *problems) keys(k Keys) {
	if (k.Root == "") == k.RootSecret.IsEmpty() {
		p.add("keys.root", "the root key must come from keys.root or from keys.root-secret: set one of them")
	}
	for i, recipient := range k.Recovery {
		if !strings.HasPrefix(recipient, "age1") || slices.Contains(k.Recovery[:i], recipient) {
			p.add("keys.recovery["+strconv.Itoa(i)+"]", "must be an age recipient (age1pq1… or age1…), named once")
		}
	}
	for i, file := range k.LedgerFormer {
		if file == "" || file == k.Ledger || slices.Contains(k.LedgerFormer[:i], file) {
			p.add("keys.ledger-former["+strconv.Itoa(i)+"]", "must be the file of a former ledger key, named once, and not keys.ledger")
		}
	}
	seen := map[string]string{}
	for _, file := range []struct{ path, value string }{
		{"keys.root", k.Root}, {"keys.token", k.Token}, {"keys.receipt", k.Receipt}, {"keys.ledger", k.Ledger},
	} {
		if other, ok := seen[file.value]; ok && file.value != "" {
			p.add(file.path, "is the same file as %s: each key has one purpose", other)
		}
		seen[file.value] = file.path
		if file.value == "" && file.path != "keys.root" {
			p.add(file.path, "must not be empty")
		}
	}
}

// origin checks that https://c2sp.org/tlog-checkpoint and signed notes allow the name for
// a log.
func (p *problems) origin(origin string) {
	allowed := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~/:", r)
	}
	bad := strings.ContainsFunc(origin, func(r rune) bool { return !allowed(r) })
	if origin == "" || bad || strings.Contains(origin, "//") || strings.HasPrefix(origin, "/") || strings.HasSuffix(origin, "/") {
		p.add("ledger.origin", "must be a host name and a path without a scheme, such as transfer.example.com/bordereau")
	}
}

func (p *problems) retention(r Retention) {
	for _, k := range []struct {
		name              string
		days, least, most int64
	}{
		{"content", r.Content, 365, 2192}, {"work", r.Work, 183, 1096}, {"access", r.Access, 365, 2192}, {"sign-in", r.SignIn, 183, 1096},
		{"audit", r.Audit, 365, 2192}, {"denial", r.Denial, 365, 2192}, {"names", r.Names, 30, 1096},
	} {
		if k.days < k.least || k.days > k.most {
			p.add("ledger.retention."+k.name, "must be from %d to %d days", k.least, k.most)
		}
	}
}

func (p *problems) limits(l Limits) {
	const most = 64 << 20
	if l.VerifyWhole < 0 || l.VerifyWhole > most {
		p.add("limits.verify-whole", "must be from 0 to %d bytes", most)
	}
	p.duration("limits.ledger-wait", l.LedgerWait, 100*time.Millisecond, time.Minute)
	p.duration("limits.read-header", l.ReadHeader, time.Second, 5*time.Minute)
	p.duration("limits.stall", l.Stall, 5*time.Second, time.Hour)
	p.duration("limits.idle", l.Idle, time.Second, time.Hour)
	p.duration("limits.shutdown", l.Shutdown, 0, time.Hour)
	p.duration("limits.drain-pause", l.DrainPause, 0, 5*time.Minute)
}

func (p *problems) duration(path string, value, least, most time.Duration) {
	if value < least || value > most {
		p.add(path, "must be from %s to %s", least, most)
	}
}

// required and onlyFor are for keys that one engine needs and the other does not use. A
// key without a use is refused: the operator set it in the belief that it does something.
func (p *problems) required(path string, set bool, engine string) {
	if !set {
		p.add(path, "must be set for the engine %s", engine)
	}
}

func (p *problems) onlyFor(path string, set bool, engine string) {
	if set {
		p.add(path, "is only for the engine %s", engine)
	}
}
