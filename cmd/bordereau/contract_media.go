package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bordereau/bordereau/gateway/mediatype"
	"github.com/bordereau/bordereau/policy"
)

// tellMediaTypes says how documents of each listed type are checked, and warns of types
// that no file can satisfy. A warning is no mistake: the terms can be approved.
func tellMediaTypes(out io.Writer, file string, terms *policy.Terms) error {
	for _, class := range terms.Classes {
		for i, listed := range class.MediaTypes {
			at := fmt.Sprintf("classes.%s.media-types[%d]", class.Class, i)
			if _, err := fmt.Fprintln(out, termsLine(file, 0, at, mediaTypeLine(listed))); err != nil {
				return err
			}
		}
	}
	return nil
}

func mediaTypeLine(listed string) string {
	families := policy.Families()
	i := slices.IndexFunc(families, func(f policy.Family) bool { return f.Name == listed })
	switch doubt := mediatype.Doubt(listed); {
	case listed == policy.AnyMediaType:
		return listed + " stands for any type, and no document is checked but for programs"
	case i >= 0:
		return familyLine(families[i])
	case doubt != "":
		return "warning: " + doubt
	case policy.SameMediaType(listed) != listed:
		return fmt.Sprintf("%s is another name of %s, and %s", listed, policy.SameMediaType(listed), mediatype.Explain(listed))
	default:
		return listed + " " + mediatype.Explain(listed)
	}
}

func familyLine(f policy.Family) string {
	by := map[mediatype.How][]string{}
	for _, t := range f.Types {
		by[mediatype.Checked(t)] = append(by[mediatype.Checked(t)], t)
	}
	var parts []string
	for _, how := range []mediatype.How{mediatype.ByContainer, mediatype.AsText, mediatype.ByLibrary, mediatype.ByName} {
		if len(by[how]) > 0 {
			parts = append(parts, fmt.Sprintf("%s: %s", how, strings.Join(by[how], ", ")))
		}
	}
	return fmt.Sprintf("%s stands for %d types, checked %s", f.Name, len(f.Types), strings.Join(parts, "; "))
}
