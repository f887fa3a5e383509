package httpapi

import "time"

// moment is nil for the zero time, which means no time.
func moment(t time.Time) *time.Time { return orNil(t) }

// each converts a list. It is never nil: an empty list is `[]`, not `null`.
func each[From, To any](list []From, convert func(From) To) []To {
	out := make([]To, len(list))
	for i, v := range list {
		out[i] = convert(v)
	}
	return out
}

// converted is a list of texts under another type.
func converted[To, From ~string](list []From) []To {
	return each(list, func(v From) To { return To(v) })
}
