package config_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/bordereau/bordereau/config"
)

func TestValidateNamesEveryProblem(t *testing.T) {
	const postgres = "postgres://u:p@db/b"
	s3 := func(c *config.Config) {
		c.Objects = config.Objects{
			Engine: config.S3, Endpoint: "s3.example.com", Region: "eu", Bucket: "b", AccessKey: "a",
			SecretKey: config.NewSecret("s"), Secure: true, LargestPut: 5 << 30, SweepEvery: time.Hour,
		}
	}
	postgresql := func(c *config.Config) {
		c.Database = config.Database{Engine: config.PostgreSQL, URL: config.NewSecret(postgres)}
	}
	bucket := func(change func(p *config.Publish)) func(c *config.Config) {
		return func(c *config.Config) {
			c.Ledger.Publish = config.Publish{
				Engine: config.S3, Endpoint: "s3.example.com", Region: "eu", Bucket: "b", AccessKey: "a", SecretKey: config.NewSecret("s"),
				Secure: true, RetentionMode: config.Compliance, RetentionDays: 3650, Every: time.Minute,
			}
			change(&c.Ledger.Publish)
		}
	}
	for name, c := range map[string]struct {
		change func(c *config.Config)
		paths  []string // none: valid
	}{
		"published to a bucket":    {bucket(func(*config.Publish) {}), nil},
		"kept for no time":         {bucket(func(p *config.Publish) { p.RetentionDays = 0 }), []string{"ledger.publish.retention-days"}},
		"kept for ever":            {bucket(func(p *config.Publish) { p.RetentionDays = 36501 }), []string{"ledger.publish.retention-days"}},
		"kept in an unknown way":   {bucket(func(p *config.Publish) { p.RetentionMode = "legal" }), []string{"ledger.publish.retention-mode"}},
		"not kept, with days":      {bucket(func(p *config.Publish) { p.RetentionMode = config.NoRetention }), []string{"ledger.publish.retention-days"}},
		"not kept":                 {bucket(func(p *config.Publish) { p.RetentionMode, p.RetentionDays = config.NoRetention, 0 }), nil},
		"published to a queue":     {bucket(func(p *config.Publish) { p.Engine = "kafka" }), []string{"ledger.publish.engine"}},
		"published, no bucket":     {bucket(func(p *config.Publish) { p.Bucket = "" }), []string{"ledger.publish.bucket"}},
		"published, no key":        {bucket(func(p *config.Publish) { p.SecretKey = config.Secret{} }), []string{"ledger.publish.secret-key"}},
		"published twice":          {bucket(func(p *config.Publish) { p.Dir = "/d" }), []string{"ledger.publish.dir"}},
		"published, with a scheme": {bucket(func(p *config.Publish) { p.Endpoint = "https://s3" }), []string{"ledger.publish.endpoint"}},
		"published, bad prefix":    {bucket(func(p *config.Publish) { p.Prefix = "ledgers" }), []string{"ledger.publish.prefix"}},
		"folder with retention": {func(c *config.Config) {
			c.Ledger.Publish.RetentionMode, c.Ledger.Publish.RetentionDays = config.Governance, 1
		}, []string{"ledger.publish.retention-mode"}},
		"folder with a bucket":    {func(c *config.Config) { c.Ledger.Publish.Bucket = "b" }, []string{"ledger.publish.bucket"}},
		"no data folder":          {func(c *config.Config) { c.DataDir = "" }, []string{"data-dir"}},
		"no public URL":           {func(c *config.Config) { c.PublicURL = "" }, []string{"public-url"}},
		"public URL, no scheme":   {func(c *config.Config) { c.PublicURL = "example.com" }, []string{"public-url"}},
		"public URL, other":       {func(c *config.Config) { c.PublicURL = "ftp://example.com" }, []string{"public-url"}},
		"public URL in clear":     {func(c *config.Config) { c.PublicURL = "http://example.com" }, []string{"public-url"}},
		"public URL, slash":       {func(c *config.Config) { c.PublicURL = "https://example.com/" }, []string{"public-url"}},
		"public URL, path":        {func(c *config.Config) { c.PublicURL = "https://example.com/a" }, []string{"public-url"}},
		"public URL, query":       {func(c *config.Config) { c.PublicURL = "https://example.com?" }, []string{"public-url"}},
		"public URL, fragment":    {func(c *config.Config) { c.PublicURL = "https://example.com#" }, []string{"public-url"}},
		"public URL, user":        {func(c *config.Config) { c.PublicURL = "https://u@example.com" }, []string{"public-url"}},
		"public URL, port alone":  {func(c *config.Config) { c.PublicURL = "https://:443" }, []string{"public-url"}},
		"public URL, local":       {func(c *config.Config) { c.PublicURL = "http://localhost:80" }, nil},
		"public URL, local IPv6":  {func(c *config.Config) { c.PublicURL = "http://[::1]:80" }, nil},
		"public URL":              {func(c *config.Config) { c.PublicURL = "https://example.com:444" }, nil},
		"proxy anywhere":          {func(c *config.Config) { c.TrustedProxies = prefixes("0.0.0.0/0") }, []string{"trusted-proxies[0]"}},
		"proxy with more bits":    {func(c *config.Config) { c.TrustedProxies = prefixes("10.0.0.0/8", "10.0.0.1/8") }, []string{"trusted-proxies[1]"}},
		"proxy of nothing":        {func(c *config.Config) { c.TrustedProxies = make([]netip.Prefix, 1) }, []string{"trusted-proxies[0]"}},
		"no API address":          {func(c *config.Config) { c.Listen.API = "" }, []string{"listen.api"}},
		"no port":                 {func(c *config.Config) { c.Listen.API = "127.0.0.1" }, []string{"listen.api"}},
		"port too high":           {func(c *config.Config) { c.Listen.Admin = "127.0.0.1:65536" }, []string{"listen.admin"}},
		"any port":                {func(c *config.Config) { c.Listen.Admin = ":0" }, nil},
		"certificate alone":       {func(c *config.Config) { c.TLS.Cert = "/c" }, []string{"tls"}},
		"certificate's key alone": {func(c *config.Config) { c.TLS.Key = "/k" }, []string{"tls"}},
		"certificate":             {func(c *config.Config) { c.TLS = config.TLS{Cert: "/c", Key: "/k"} }, nil},
		"unknown database":        {func(c *config.Config) { c.Database.Engine = "mysql" }, []string{"database.engine"}},
		"sqlite with URL":         {func(c *config.Config) { c.Database.URL = config.NewSecret(postgres) }, []string{"database.url"}},
		"sqlite without path":     {func(c *config.Config) { c.Database.Path = "" }, []string{"database.path"}},
		"postgresql":              {postgresql, nil},
		"postgresql without URL":  {func(c *config.Config) { postgresql(c); c.Database.URL = config.Secret{} }, []string{"database.url"}},
		"postgresql with path":    {func(c *config.Config) { postgresql(c); c.Database.Path = "/b.db" }, []string{"database.path"}},
		"postgresql, other URL":   {func(c *config.Config) { postgresql(c); c.Database.URL = config.NewSecret("mysql://db") }, []string{"database.url"}},
		"postgresql, no URL":      {func(c *config.Config) { postgresql(c); c.Database.URL = config.NewSecret("postgres://a b\n") }, []string{"database.url"}},
		"too few connections":     {func(c *config.Config) { postgresql(c); c.Database.Writers = 3 }, []string{"database.writers"}},
		"too many connections":    {func(c *config.Config) { postgresql(c); c.Database.Readers = 1001 }, []string{"database.readers"}},
		"connections":             {func(c *config.Config) { postgresql(c); c.Database.Writers, c.Database.Readers = 4, 1000 }, nil},
		"recovery, private key":   {func(c *config.Config) { c.Keys.Recovery = []string{"AGE-SECRET-KEY-1A"} }, []string{"keys.recovery[0]"}},
		"recovery, twice":         {func(c *config.Config) { c.Keys.Recovery = []string{"age1a", "age1b", "age1a"} }, []string{"keys.recovery[2]"}},
		"recovery":                {func(c *config.Config) { c.Keys.Recovery = []string{"age1a", "age1b"} }, nil},
		"unknown store":           {func(c *config.Config) { c.Objects.Engine = "gcs" }, []string{"objects.engine"}},
		"folder without dir":      {func(c *config.Config) { c.Objects.Dir = "" }, []string{"objects.dir"}},
		"folder with bucket":      {func(c *config.Config) { c.Objects.Bucket = "b"; c.Objects.Prefix = "p/" }, []string{"objects.bucket", "objects.prefix"}},
		"folder with CA":          {func(c *config.Config) { c.Objects.CAFile = "/ca" }, []string{"objects.ca-file"}},
		"s3":                      {s3, nil},
		"s3 with dir":             {func(c *config.Config) { s3(c); c.Objects.Dir = "/d" }, []string{"objects.dir"}},
		"s3 with nothing": {func(c *config.Config) { c.Objects = config.Objects{Engine: config.S3} }, []string{
			"objects.bucket", "objects.endpoint", "objects.largest-put", "objects.region", "objects.sweep-every",
		}},
		"s3 without key":           {func(c *config.Config) { s3(c); c.Objects.AccessKey, c.Objects.SecretKey = "", config.Secret{} }, nil},
		"s3 with half a key":       {func(c *config.Config) { s3(c); c.Objects.SecretKey = config.Secret{} }, []string{"objects.secret-key"}},
		"s3 with other half":       {func(c *config.Config) { s3(c); c.Objects.AccessKey = "" }, []string{"objects.access-key"}},
		"folder with half key":     {func(c *config.Config) { c.Objects.AccessKey = "a" }, []string{"objects.access-key"}},
		"puts too small":           {func(c *config.Config) { c.Objects.LargestPut = 5<<20 - 1 }, []string{"objects.largest-put"}},
		"puts too large":           {func(c *config.Config) { c.Objects.LargestPut = 5<<30 + 1 }, []string{"objects.largest-put"}},
		"swept all the time":       {func(c *config.Config) { c.Objects.SweepEvery = time.Minute }, []string{"objects.sweep-every"}},
		"swept too seldom":         {func(c *config.Config) { c.Objects.SweepEvery = 721 * time.Hour }, []string{"objects.sweep-every"}},
		"s3 endpoint with scheme":  {func(c *config.Config) { s3(c); c.Objects.Endpoint = "https://s3" }, []string{"objects.endpoint"}},
		"s3 endpoint with a user":  {func(c *config.Config) { s3(c); c.Objects.Endpoint = "key@s3" }, []string{"objects.endpoint"}},
		"s3 prefix without slash":  {func(c *config.Config) { s3(c); c.Objects.Prefix = "p" }, []string{"objects.prefix"}},
		"s3 prefix from root":      {func(c *config.Config) { s3(c); c.Objects.Prefix = "/p/" }, []string{"objects.prefix"}},
		"s3 prefix with gap":       {func(c *config.Config) { s3(c); c.Objects.Prefix = "p//q/" }, []string{"objects.prefix"}},
		"s3 prefix upwards":        {func(c *config.Config) { s3(c); c.Objects.Prefix = "p/../" }, []string{"objects.prefix"}},
		"s3 prefix":                {func(c *config.Config) { s3(c); c.Objects.Prefix = "p-1/q/" }, nil},
		"s3 CA without TLS":        {func(c *config.Config) { s3(c); c.Objects.CAFile = "/ca"; c.Objects.Secure = false }, []string{"objects.ca-file"}},
		"two roots":                {func(c *config.Config) { c.Keys.RootSecret = config.NewSecret("k") }, []string{"keys.root"}},
		"no root":                  {func(c *config.Config) { c.Keys.Root = "" }, []string{"keys.root"}},
		"no token key":             {func(c *config.Config) { c.Keys.Token = "" }, []string{"keys.token"}},
		"one key for two purposes": {func(c *config.Config) { c.Keys.Receipt = c.Keys.Token }, []string{"keys.receipt"}},
		"former key in use":        {func(c *config.Config) { c.Keys.LedgerFormer = []string{c.Keys.Ledger} }, []string{"keys.ledger-former[0]"}},
		"former key twice":         {func(c *config.Config) { c.Keys.LedgerFormer = []string{"a", "a"} }, []string{"keys.ledger-former[1]"}},
		"no origin":                {func(c *config.Config) { c.Ledger.Origin = "" }, []string{"ledger.origin"}},
		"origin with scheme":       {func(c *config.Config) { c.Ledger.Origin = "https://example.com" }, []string{"ledger.origin"}},
		"origin with plus":         {func(c *config.Config) { c.Ledger.Origin = "a+b" }, []string{"ledger.origin"}},
		"origin with space":        {func(c *config.Config) { c.Ledger.Origin = "a b" }, []string{"ledger.origin"}},
		"origin with line":         {func(c *config.Config) { c.Ledger.Origin = "a\nb" }, []string{"ledger.origin"}},
		"origin with slash":        {func(c *config.Config) { c.Ledger.Origin = "a/" }, []string{"ledger.origin"}},
		"no days":                  {func(c *config.Config) { c.Backups.Days = 0 }, []string{"backups.days"}},
		"days without end":         {func(c *config.Config) { c.Backups.Days = 3651 }, []string{"backups.days"}},
		"content for a short time": {func(c *config.Config) { c.Ledger.Retention.Content = 364 }, []string{"ledger.retention.content"}},
		"work for ever":            {func(c *config.Config) { c.Ledger.Retention.Work = 36_500 }, []string{"ledger.retention.work"}},
		"unknown log format":       {func(c *config.Config) { c.Log.Format = "xml" }, []string{"log.format"}},
		"verify less than nothing": {func(c *config.Config) { c.Limits.VerifyWhole = -1 }, []string{"limits.verify-whole"}},
		"verify too much":          {func(c *config.Config) { c.Limits.VerifyWhole = 64<<20 + 1 }, []string{"limits.verify-whole"}},
		"no wait":                  {func(c *config.Config) { c.Limits.LedgerWait = 0 }, []string{"limits.ledger-wait"}},
		"no limits": {func(c *config.Config) { c.Limits = config.Limits{} }, []string{
			"limits.idle", "limits.ledger-wait", "limits.read-header", "limits.stall",
		}},
		"limits too long": {func(c *config.Config) {
			day := 24 * time.Hour
			c.Limits = config.Limits{LedgerWait: day, ReadHeader: day, Stall: day, Idle: day, Shutdown: day}
		}, []string{"limits.idle", "limits.ledger-wait", "limits.read-header", "limits.shutdown", "limits.stall"}},
		"everything at once": {func(c *config.Config) { *c = config.Config{} }, []string{
			"backups.days", "data-dir", "database.engine", "keys.ledger", "keys.receipt", "keys.root", "keys.token", "ledger.origin",
			"ledger.publish.engine", "ledger.publish.every", "ledger.publish.retention-mode",
			"ledger.retention.access", "ledger.retention.audit", "ledger.retention.content", "ledger.retention.denial",
			"ledger.retention.names", "ledger.retention.sign-in", "ledger.retention.work", "limits.idle",
			"limits.ledger-wait", "limits.read-header", "limits.stall", "listen.admin", "listen.api", "log.format", "objects.engine", "objects.largest-put",
			"objects.sweep-every", "public-url",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			configuration := config.Default().Resolve("/srv")
			c.change(&configuration)
			err := configuration.Validate()
			if len(c.paths) > 0 {
				checkProblems(t, err, c.paths...)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}
