package main

import (
	"fmt"
	"strings"

	"github.com/bordereau/bordereau/audit/schema"
)

// capital begins with a capital letter, as names in Go do.
func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// filtersOfAQuestion are the references of an operation that asks a ledger.
func filtersOfAQuestion() string {
	var b strings.Builder
	for _, c := range schema.Filters() {
		fmt.Fprintf(&b, "        - {$ref: \"#/components/parameters/Audit%s\"}\n", capital(c.Name))
	}
	return b.String()
}

// filtersOfTheAPI are the parameters that these references name.
func filtersOfTheAPI() string {
	var b strings.Builder
	for _, c := range schema.Filters() {
		fmt.Fprintf(&b, "    Audit%s:\n      name: %s\n      in: query\n      description: Only events %s.\n      schema: %s\n",
			capital(c.Name), c.Name, c.Finds, schemaOf(c))
	}
	return b.String()
}

// identifiers has the schemas of identifiers, by their prefixes.
var identifiers = map[string]string{"a": "AssignmentID", "b": "BatchID", "c": "ContractID", "d": "DocumentID", "o": "OrganisationID", "p": "PersonID"}

func schemaOf(c schema.Column) string {
	const reference = `{$ref: "#/components/schemas/%s"}`
	switch {
	case c.ID != "" && identifiers[c.ID] == "":
		panic("add the schema of identifiers that begin with " + c.ID)
	case c.ID != "":
		return fmt.Sprintf(reference, identifiers[c.ID])
	case c.Words != nil:
		return fmt.Sprintf(reference, capital(c.Name))
	default:
		return fmt.Sprintf("{type: string, maxLength: %d}", c.Longest)
	}
}

// wordsOfEvents are the schemas of the filters whose values are closed lists.
func wordsOfEvents() string {
	var b strings.Builder
	for _, c := range schema.Filters() {
		if c.Words != nil {
			fmt.Fprintf(&b, "    %s: {type: string, enum: [%s]}\n", capital(c.Name), strings.Join(c.Words, ", "))
		}
	}
	return b.String()
}

// filtersOfThePage are rows of a table in docs/audit.md.
func filtersOfThePage() string {
	var b strings.Builder
	b.WriteString("\n| filter | finds events |\n|---|---|\n" +
		"| `ledger` | of this ledger; required, except for `audit query`, which then asks all ledgers |\n")
	for _, c := range schema.Filters() {
		finds := c.Finds
		if c.Words != nil {
			finds += ": `" + strings.Join(c.Words, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", c.Name, finds)
	}
	b.WriteString("| `from` | put into the ledger at this time or later |\n" +
		"| `to` | put into the ledger before this time |\n" +
		"| `after` | after the page that gave this cursor (API only) |\n" +
		"| `limit` | this many on a page, at most 500 |\n")
	return b.String() + "\n"
}
