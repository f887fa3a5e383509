package config

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// recoveryLine is the line of keys.recovery as Starter writes it: a comment while there
// is no recipient, or a list on one line.
var recoveryLine = regexp.MustCompile(`(?m)^( +)(?:# recovery:|recovery: *(?:\[([^\]\n]*)\])?) *$`)

// ErrByHand means that AddRecovery cannot change the file without the risk of breaking
// it.
var ErrByHand = errors.New("keys.recovery is not one line as `bordereau init` writes it: add the recipient by hand")

// AddRecovery adds a recipient to keys.recovery in the text of a configuration and leaves
// every other byte as it is. It reads its result back: the result has the recipient, and
// the earlier ones.
func AddRecovery(text []byte, recipient string) ([]byte, error) {
	before, err := recoveryOf(text)
	if err != nil {
		return nil, err
	}
	if slices.Contains(before, recipient) {
		return text, nil
	}
	found := recoveryLine.FindAllSubmatchIndex(text, -1)
	if len(found) != 1 {
		return nil, ErrByHand
	}
	list := strconv.QuoteToASCII(recipient)
	at := found[0]
	if at[4] >= 0 && at[4] < at[5] {
		list = string(text[at[4]:at[5]]) + ", " + list
	}
	line := string(text[at[2]:at[3]]) + "recovery: [" + list + "]"
	changed := slices.Concat(text[:at[0]], []byte(line), text[at[1]:])
	after, err := recoveryOf(changed)
	if err != nil || !slices.Equal(after, append(slices.Clone(before), recipient)) {
		return nil, ErrByHand
	}
	return changed, nil
}

// recoveryOf reads keys.recovery, and nothing else, from a file's text.
func recoveryOf(text []byte) ([]string, error) {
	values, err := strictYAML{}.Unmarshal(text)
	if err != nil {
		return nil, errors.New("not a configuration: " + strings.SplitN(err.Error(), "\n", 2)[0])
	}
	keys, _ := values["keys"].(map[string]any)
	if keys["recovery"] == nil {
		return nil, nil
	}
	recipients, ok := parseTexts(keys["recovery"])
	if !ok {
		return nil, errors.New("keys.recovery: must be a list of texts")
	}
	return recipients, nil
}
