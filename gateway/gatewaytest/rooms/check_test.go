package rooms_test

import (
	"slices"
	"strings"
	"testing"
)

// The rules are tried on imports that no file has. Without this test, a check that finds
// nothing would look like a module that is in order.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		pkg, imports string
		good         bool
	}{
		{"audit/verify", module + "/audit", false},
		{"audit/verify", module + "/audit/event", true},
		{"audit/event", module + "/policy", false},
		{"audit", module + "/gateway", false},
		{"policy", module + "/gateway", false},
		{"crypto", module + "/crypto/keyring", false},
		{"crypto/keyring", module + "/crypto", true},
		{"crypto/keyring", module + "/crypto/durable", true},
		{"crypto/durable", module + "/crypto", false},
		{"crypto", module + "/crypto/durable", false},
		{"audit", module + "/crypto/durable", false},
		{"gateway", module + "/crypto/durable", false},
		{"gateway", module + "/gateway/httpapi", false},
		{"gateway", module + "/gateway/objects", false},
		{"gateway", module + "/config", false},
		{"gateway", module + "/gateway/database/queries", true},
		{"gateway/database", module + "/gateway/database/queries", true},
		{"gateway/database", module + "/gateway", false},
		{"gateway/httpapi", module + "/gateway/database", false},
		{"gateway/httpapi", module + "/gateway/choke", false},
		{"gateway/choke", module + "/gateway", false},
		{"gateway/choke", module + "/crypto", false},
		{"gateway/choke", module + "/gateway/keys", false},
		{"gateway/keys", module + "/gateway/transfer", false},
		{"gateway/explain", module + "/gateway/keys", false},
		{"gateway/evidence", module + "/crypto", false},
		{"gateway/transfer", module + "/gateway/erasing", false},
		{"gateway/transfer", module + "/gateway/keys", true},
		{"gateway/work", module + "/gateway/keys", false},
		{"gateway/httpapi", module + "/gateway/upkeep", false},
		{"gateway/explain", module + "/audit", false},
		{"gateway/explain", module + "/crypto", false},
		{"gateway/explain", module + "/gateway", false},
		{"gateway/httpapi", module + "/audit", false},
		{"gateway/httpapi", module + "/crypto", false},
		{"gateway/demo", module + "/gateway", false},
		{"gateway/api", module + "/gateway", false},
		{"cmd/bordereau", module + "/config", true},
		{"gateway/installation", module + "/config", true},
		{"gateway/installation", module + "/gateway/httpapi", false},
		{"gateway/objects", module + "/gateway/installation", false},
		{"gateway/objects", module + "/gateway/s3", true},
		{"gateway/objects", module + "/gateway/s3/body", true},
		{"gateway/objects", module + "/audit/publish", false},
		{"gateway/objects", module + "/gateway/logbucket", false},
		{"gateway/logbucket", module + "/audit/publish", true},
		{"gateway/logbucket", module + "/gateway", false},
		{"gateway/logbucket", module + "/gateway/objects", false},
		{"gateway/s3", module + "/gateway", false},
		{"gateway/s3", module + "/audit/publish", false},
		{"gateway/s3", module + "/gateway/s3/s3test", false},
		{"cmd/bordereau", module + "/gateway/gatewaytest", false},
		{"gateway/database/databasetest", module + "/gateway/gatewaytest/needs", true},
		{"gateway/database/databasetest", module + "/gateway/gatewaytest", false},
		{"gateway/database", module + "/gateway/gatewaytest/needs", false},
		{"gateway/gatewaytest", module + "/config", true},
		{"gateway/gatewaytest/needs", module + "/gateway", false},
		{"gateway", module + "/util", false},
		{"util", "fmt", false},

		{"policy", "github.com/casbin/casbin/v2", true},
		{"gateway", "github.com/casbin/casbin/v2/model", false},
		{"gateway/s3", "github.com/minio/minio-go/v7", true},
		{"gateway/s3/s3test", "github.com/minio/minio-go/v7", true},
		{"gateway/objects", "github.com/minio/minio-go/v7", false},
		{"gateway/logbucket", "github.com/minio/minio-go/v7/pkg/credentials", false},
		{"cmd/bordereau", "github.com/minio/minio-go/v7", false},
		{"gateway/httpapi", "github.com/gin-gonic/gin", true},
		{"gateway/webui", "github.com/gin-gonic/gin", false},
		{"gateway/api", "github.com/gin-gonic/gin/binding", false},
		{"crypto/keyring", "filippo.io/age", true},
		{"gateway", "filippo.io/age/armor", false},
		{"gateway", "filippo.io/agenda", true},
		{"gateway/httpapi", "github.com/golang-jwt/jwt/v5", false},
		{"gateway", "github.com/knadh/koanf/v2", false},
		{"gateway", "fmt", true},
	} {
		if found := check(map[string][]string{tt.pkg: {tt.imports}}); (len(found) == 0) != tt.good {
			t.Errorf("%s imports %s: %v", tt.pkg, tt.imports, found)
		}
	}
}

// Rooms import one way. The compiler refuses a circle of packages. This test refuses a
// circle of rooms, which may hold several packages.
func TestRoomsPointOneWay(t *testing.T) {
	for _, violation := range circles(rooms) {
		t.Error(violation)
	}
	if len(circles([]room{{"a", []string{"b"}, ""}, {"b", []string{"c"}, ""}, {"c", []string{"a"}, ""}})) == 0 {
		t.Error("a circle of three rooms was not found")
	}
}

// circles lists the rooms that may import one that stands after them in the list.
func circles(list []room) []string {
	var found []string
	before := map[string]bool{}
	for _, r := range list {
		for _, path := range r.may {
			if path != anything && !before[path] && path != r.path {
				found = append(found, "room "+r.path+" may import "+path+", which stands after it")
			}
		}
		before[r.path] = true
	}
	return found
}

// A rule that names a missing room would refuse no import.
func TestRulesNameRooms(t *testing.T) {
	exists := func(path string) bool {
		return path == anything || slices.ContainsFunc(rooms, func(r room) bool { return r.path == path })
	}
	for _, r := range rooms {
		top, _, _ := strings.Cut(r.path, "/")
		if !slices.Contains(folders, top) || r.why == "" {
			t.Errorf("room %s: no folder or no reason", r.path)
		}
		for _, path := range r.may {
			if !exists(path) {
				t.Errorf("room %s may import %s, which is no room", r.path, path)
			}
		}
	}
	for _, s := range libraries {
		for _, path := range s.knows {
			if !exists(path) {
				t.Errorf("%s is known to %s, which is no room", s.path, path)
			}
		}
	}
}
