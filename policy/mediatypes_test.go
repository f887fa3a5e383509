package policy_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/policy"
)

// listing is a contract whose class claim-form lists the media types.
func listing(tb testing.TB, listed string) *policy.Compiled {
	tb.Helper()
	return compile(tb, parse(tb, strings.Replace(minimal, "[application/pdf]", "["+listed+"]", 1)))
}

func TestAClassTakesWhatItLists(t *testing.T) {
	for _, row := range []struct {
		listed, declared string
		want             policy.Reason
	}{
		{"application/pdf", "application/pdf", policy.ReasonAllowed},
		{"application/pdf", "application/x-pdf", policy.ReasonAllowed},
		{"image/jpg", "image/jpeg", policy.ReasonAllowed},
		{"image/jpeg", "image/jpg", policy.ReasonAllowed},
		{"image/tiff", "image/tif", policy.ReasonAllowed},
		{"text/xml", "application/xml", policy.ReasonAllowed},
		{"audio/mp4", "audio/x-m4a", policy.ReasonAllowed},
		{"audio/mp4", "video/mp4", policy.ReasonMediaType},
		{"office", "application/msword", policy.ReasonAllowed},
		{"office", "text/rtf", policy.ReasonAllowed},
		{"office", "application/pdf", policy.ReasonMediaType},
		{"office", "application/vnd.ms-word.document.macroenabled.12", policy.ReasonMediaType},
		{"office", "office", policy.ReasonMediaType},
		{"office, scan", "application/pdf", policy.ReasonAllowed},
		{"email", "message/rfc822", policy.ReasonAllowed},
		{"image", "image/svg+xml", policy.ReasonMediaType},
		{"image", "image/*", policy.ReasonMediaType},
		{"exchange", "application/edi-x12", policy.ReasonAllowed},
		{`"*/*"`, "application/x-unheard-of", policy.ReasonAllowed},
		{`"*/*", executable`, "application/x-unheard-of", policy.ReasonAllowed},
		{"executable", "application/x-unheard-of", policy.ReasonMediaType},
		{"executable", "application/x-msdownload", policy.ReasonAllowed},
	} {
		f := favourable(policy.RoleClientSystem, policy.ActionDocumentReceive)
		f.Incoming.MediaType = row.declared
		if got := listing(t, row.listed).Decide(f); got.Reason != row.want {
			t.Errorf("[%s] and %s: %q, want %q", row.listed, row.declared, got.Reason, row.want)
		}
	}
}

// No class takes a program that does not name its type, or the family of programs.
func TestProgramsAreNamed(t *testing.T) {
	program := policy.Content{Declared: "application/vnd.microsoft.portable-executable", Fits: true, Executable: true}
	disguised := policy.Content{Declared: "application/pdf", Executable: true}
	for _, row := range []struct {
		listed  string
		content policy.Content
		want    policy.Reason
	}{
		{`"*/*"`, program, policy.ReasonExecutable},
		{`"*/*"`, disguised, policy.ReasonExecutable},
		{`"*/*"`, policy.Content{Declared: "application/pdf"}, policy.ReasonAllowed},
		{`"*/*", executable`, program, policy.ReasonAllowed},
		{`"*/*", executable`, disguised, policy.ReasonAllowed},
		{"executable", program, policy.ReasonAllowed},
		{"executable, scan", disguised, policy.ReasonExecutable},
		{"application/x-msdownload", program, policy.ReasonAllowed},
		{"application/pdf", program, policy.ReasonExecutable},
		{"application/pdf", disguised, policy.ReasonExecutable},
		{"application/pdf", policy.Content{Declared: "application/pdf"}, policy.ReasonContent},
		{"application/pdf", policy.Content{}, policy.ReasonContent},
	} {
		if got := listing(t, row.listed).Upload("claim-form").Content(row.content); got != row.want {
			t.Errorf("[%s] and %+v: %q, want %q", row.listed, row.content, got, row.want)
		}
	}
	if got := (policy.Upload{}).Content(program); got != policy.ReasonUnknownClass {
		t.Errorf("no class: %q", got)
	}
}

// A family's types are part of the contracts that name it, so they never change. If this
// fails, give the new types a family of their own.
func TestFamiliesDoNotChange(t *testing.T) {
	var b strings.Builder
	for _, f := range policy.Families() {
		types := slices.Sorted(slices.Values(f.Types))
		if len(slices.Compact(slices.Clone(types))) != len(types) {
			t.Errorf("%s has a type twice", f.Name)
		}
		fmt.Fprintln(&b, f.Name, types)
	}
	sum := sha256.Sum256([]byte(b.String()))
	if got := hex.EncodeToString(sum[:8]); got != "8e90ba5d0b67bce2" {
		t.Errorf("the families are now %s:\n%s", got, b.String())
	}
}

func TestAliasesLeadToOneName(t *testing.T) {
	for alias, name := range policy.MediaTypeAliases() {
		if policy.SameMediaType(name) != name || policy.SameMediaType(alias) != name || strings.ToLower(alias) != alias {
			t.Errorf("%s leads to %s, and that to %s", alias, name, policy.SameMediaType(name))
		}
	}
}
