package upkeep

import (
	"context"
	"slices"

	"github.com/bordereau/bordereau/gateway/choke"
)

// objectColumn is the name of every column that holds the key of an object.
const objectColumn = "object_key"

// knownReferences are the columns that the query ObjectReferences asks. A table that gets such a column is added in both
// places; until then nothing that seems to be of nobody is removed, here and by an older build that meets the table.
func knownReferences() []string { return []string{"document.object_key"} }

// unknownReferences lists the columns of the database as it is that refer to objects and that this build does not ask.
func (u *Upkeep) unknownReferences(ctx context.Context) ([]string, error) {
	columns, err := u.owner.Columns(ctx, objectColumn)
	if err != nil {
		return nil, choke.Unavailable(err)
	}
	return slices.DeleteFunc(columns, func(c string) bool { return slices.Contains(knownReferences(), c) }), nil
}
