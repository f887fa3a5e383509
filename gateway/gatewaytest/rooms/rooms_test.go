package rooms_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// module begins the import path of every package of the product.
const module = "github.com/bordereau/bordereau"

// A room is a package with the packages below it that are not rooms themselves.
type room struct {
	path string   // within the module
	may  []string // rooms it may import beside itself
	why  string
}

// anything lets a room import every other.
const anything = "*"

// rooms has every room of the module. Imports point one way, from the bottom of the list
// to the top.
var rooms = []room{
	{"policy", nil,
		"decides from the facts it is given; a package that it cannot reach cannot influence a decision"},
	{"crypto", nil,
		"readers, writers and keys as arguments: no file, no network, nothing to know about documents"},
	{"crypto/durable", nil,
		"writes files that must survive a crash, in one place, so that a test can put one file layer under it; it does not know their content"},
	{"crypto/keyring", []string{"crypto", "crypto/durable"},
		"finds private identities and keeps their files; it needs their form from crypto"},
	{"audit/event", nil,
		"events are written for ever, so they must not depend on code that changes"},
	{"audit/schema", []string{"audit/event"},
		"the columns of the ledger's tables, which writing and asking share"},
	{"audit/ask", []string{"audit/event", "audit/schema"},
		"answers questions; it is handed a reader, and so cannot write"},
	{"audit", []string{"audit/event", "audit/schema", "audit/ask"},
		"keeps the events of all acts; it must not know of which person, so that no act can be kept out"},
	{"audit/publish", []string{"audit", "audit/event", "crypto/durable"},
		"copies the ledger out"},
	{"audit/verify", []string{"audit/event"},
		"checks the ledger; sharing the writer's code would share its mistakes"},
	{"gateway/database", []string{"policy"},
		"keeps rows under the names of policy's identifiers and states; it does not know their meaning"},
	{"gateway/choke", []string{"policy", "audit", "audit/event", "gateway/database"},
		"the one way to the gateway's tables; it must not know the rooms that use them"},
	{"gateway/mediatype", []string{"policy"},
		"looks at bytes; it needs the names of types from policy, and decides nothing"},
	{"gateway/keys", []string{"policy", "crypto", "crypto/keyring", "audit/event", "gateway/database", "gateway/choke"},
		"opens identities; it must not know the person who asks for a document"},
	{"gateway/explain", []string{"policy", "gateway/database", "gateway/choke"},
		"answers questions to the policy; it has no way to documents, keys or ledgers"},
	{"gateway/evidence", []string{"policy", "audit", "audit/ask", "audit/event", "gateway/database", "gateway/choke"},
		"reads ledgers; it has no way to documents or keys"},
	{"gateway/transfer", []string{"policy", "crypto", "audit/event", "gateway/database", "gateway/choke", "gateway/keys", "gateway/mediatype"},
		"where bytes come in and leave; it erases no received document"},
	{"gateway/erasing", []string{"policy", "audit", "audit/ask", "audit/event", "gateway/database", "gateway/choke", "gateway/keys"},
		"carries out the erasures that were decided; it gives out no document"},
	{"gateway/upkeep", []string{"policy", "crypto", "audit", "audit/event", "gateway/database", "gateway/choke", "gateway/keys",
		"gateway/erasing"},
		"the work of the machine's owner; it decides nothing and records everything"},
	{"gateway/people", []string{"policy", "audit/event", "gateway/database", "gateway/choke"},
		"foreseen: organisations, their people and their duties; it has no way to documents or keys"},
	{"gateway/work", []string{"policy", "audit/event", "gateway/database", "gateway/choke"},
		"foreseen: batches, assignments and returned results; it has no way to keys, nor to a byte of a document"},
	{"gateway", []string{"policy", "crypto/keyring", "audit", "audit/event", "gateway/database", "gateway/choke", "gateway/keys",
		"gateway/explain", "gateway/evidence", "gateway/transfer", "gateway/erasing", "gateway/upkeep", "gateway/people", "gateway/work"},
		"the product in plain Go: it knows of no HTTP, no S3 and no configuration file"},
	{"gateway/s3", nil,
		"reaches a bucket, and must serve documents and published ledgers alike: it knows neither"},
	{"gateway/objects", []string{"gateway", "crypto/durable", "gateway/s3"},
		"keeps documents, as gateway declares it, in a folder or a bucket; it knows of no ledger"},
	{"gateway/logbucket", []string{"audit/publish", "gateway/s3"},
		"publishes ledgers to a bucket, as audit/publish declares it; it has no way to documents"},
	{"gateway/identity", []string{"policy", "gateway", "gateway/database", "crypto/durable"},
		"tells the person who asks, and never that person's rights"},
	{"gateway/api", nil,
		"the contract with other programs, which must compile without the product"},
	{"gateway/httpapi", []string{"policy", "audit/event", "gateway", "gateway/api", "gateway/identity"},
		"translates; it has no way to the stores, the keys or the ledger, so it cannot go round the one choke point"},
	{"gateway/webui", []string{"policy", "audit/event", "gateway", "gateway/api", "gateway/identity"},
		"translates, as gateway/httpapi does"},
	{"gateway/tables", []string{"policy", "audit/event", "audit/schema"},
		"writes what others repeat of the lists of policy and events; it must run before what it writes compiles"},
	{"gateway/demo", []string{"gateway/api"},
		"plays the story from outside, as a client would"},
	{"gateway/gatewaytest", []string{anything},
		"puts a whole gateway together for tests"},
	{"gateway/gatewaytest/needs", nil,
		"every room's tests use it, so it must not bring the product along"},
	{"config", nil,
		"reads files and environment into one struct; only cmd and gateway/installation read from it"},
	{"gateway/supervise", []string{"audit/publish", "gateway", "gateway/database"},
		"tells the machine's supervision how the gateway is; it decides nothing and sees no caller"},
	{"gateway/installation", []string{"config", "crypto/durable", "crypto/keyring", "audit", "audit/event", "audit/publish", "gateway",
		"gateway/database", "gateway/identity", "gateway/objects", "gateway/logbucket", "gateway/s3", "gateway/supervise"},
		"opens the parts that a configuration names; it has no way to HTTP, and decides nothing"},
	{"cmd/bordereau", []string{anything},
		"puts everything together and decides nothing"},
}

// A library is code of another module that only some rooms may import. So it can be
// replaced in one place, and its traps are guarded there.
type library struct {
	path  string // how its import paths begin, up to a slash
	knows []string
	why   string
}

var libraries = []library{
	{"github.com/casbin/", []string{"policy"},
		"its matching has traps that only compiled terms avoid"},
	{"filippo.io/age/", []string{"crypto", "crypto/keyring"},
		"one place decides for which key a document is sealed"},
	{"github.com/minio/", []string{"gateway/s3"},
		"its traps (a cut upload that is acknowledged) are guarded there"},
	{"github.com/gin-gonic/", []string{"gateway/httpapi"},
		"the product does not depend on how it is reached"},
	{"github.com/golang-jwt/", []string{"gateway/identity", "gateway/api"},
		"it accepts tokens that must be refused; the client of the API borrows no more than its signature check"},
	{"github.com/MicahParks/", []string{"gateway/identity"},
		"keys of tokens are looked up in one place"},
	{"github.com/prometheus/", []string{"gateway/supervise"},
		"one place keeps every label to a closed set of values"},
	{"github.com/gabriel-vasile/", []string{"gateway/mediatype", "gateway/demo"},
		"it takes tables for programs and messages for text; what it finds is one opinion of two"},
	{"github.com/knadh/koanf/", []string{"config"},
		"configuration is read in one place"},
}

// A folder at the top is a room, or holds files that are not the product. Names such as
// pkg, util, common and internal say nothing about the code in them. Folders whose name
// begins with a dot are free.
var folders = []string{"audit", "cmd", "config", "crypto", "deploy", "docs", "gateway", "policy", "tools"}

func TestRooms(t *testing.T) {
	graph := loadGraph(t)
	if len(graph) < 5 {
		t.Fatalf("only %d packages found: is this the module?", len(graph))
	}
	for _, violation := range check(graph) {
		t.Error(violation)
	}
}

func TestFolders(t *testing.T) {
	for _, folder := range topFolders(t) {
		if !strings.HasPrefix(folder, ".") && !slices.Contains(folders, folder) {
			t.Errorf("folder %s: not one of %s", folder, strings.Join(folders, " "))
		}
	}
}

// check lists the imports of the graph that break a rule. The graph maps packages, by
// their path within the module, to the imports of their non-test files, by full path.
func check(graph map[string][]string) []string {
	var violations []string
	for pkg, imports := range graph {
		r, ok := roomOf(pkg)
		if !ok {
			violations = append(violations, fmt.Sprintf("%s is in no room", pkg))
			continue
		}
		for _, imported := range imports {
			if why := refusal(pkg, r, imported); why != "" {
				violations = append(violations, fmt.Sprintf("%s imports %s: %s", pkg, imported, why))
			}
		}
	}
	slices.Sort(violations)
	return violations
}

// refusal is the reason why the package of the room may not have the import. It is empty
// when the import is allowed.
func refusal(pkg string, r room, imported string) string {
	ours, ok := strings.CutPrefix(imported, module+"/")
	if !ok {
		return refusalOfLibrary(r, imported)
	}
	to, ok := roomOf(ours)
	switch {
	case !ok:
		return "it is in no room"
	case isTestSupport(ours) && !isTestSupport(pkg):
		return "the product does not depend on packages that only tests need"
	case to.path == r.path, slices.Contains(r.may, to.path), slices.Contains(r.may, anything):
		return ""
	case isTestSupport(pkg) && to.path == "gateway/gatewaytest/needs":
		return ""
	}
	return fmt.Sprintf("room %s %s", r.path, r.why)
}

func refusalOfLibrary(r room, imported string) string {
	for _, s := range libraries {
		if strings.HasPrefix(imported+"/", s.path) && !slices.Contains(s.knows, r.path) {
			return fmt.Sprintf("only %s may know it: %s", strings.Join(s.knows, " and "), s.why)
		}
	}
	return ""
}

// roomOf finds the innermost room that the package is in.
func roomOf(pkg string) (room, bool) {
	var found room
	for _, r := range rooms {
		if (pkg == r.path || strings.HasPrefix(pkg, r.path+"/")) && len(r.path) > len(found.path) {
			found = r
		}
	}
	return found, found.path != ""
}

// isTestSupport recognises packages made for tests by the name of a folder on their path,
// as in gateway/database/databasetest.
func isTestSupport(pkg string) bool {
	return slices.ContainsFunc(strings.Split(pkg, "/"), func(folder string) bool { return strings.HasSuffix(folder, "test") })
}
