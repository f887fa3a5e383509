package upkeep

import (
	"context"
	"slices"

	"github.com/bordereau/bordereau/gateway/choke"
)

// objectColumn is the name of every column that holds the key of an object.
const objectColumn = "object_key"

// knownReferences are the columns that the query ObjectReferences reads. A new table with
// such a column must be added in both places. Until it is, no object without a row is
// removed, neither by this build nor by an older build that meets the table.
func knownReferences() []string { return []string{"document.object_key"} }

// unknownReferences lists the columns of the database that refer to objects and that this
// build does not read.
func (u *Upkeep) unknownReferences(ctx context.Context) ([]string, error) {
	columns, err := u.owner.Columns(ctx, objectColumn)
	if err != nil {
		return nil, choke.Unavailable(err)
	}
	return slices.DeleteFunc(columns, func(c string) bool { return slices.Contains(knownReferences(), c) }), nil
}
