package config

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// recoveryLine is the line of keys.recovery as Starter writes it: a comment while there is none, or a list on one line.
var recoveryLine = regexp.MustCompile(`(?m)^( +)(?:# recovery:|recovery: *(?:\[([^\]\n]*)\])?) *$`)

// ErrByHand means that the file is not written in the way that AddRecovery can change without breaking something.
var ErrByHand = errors.New("the line of keys.recovery is not as `bordereau init` writes it: add the recipient by hand")

// AddRecovery adds a recipient to keys.recovery in the text of a configuration and leaves every other byte as it is. What
// it gives was read back: it has the recipient, and those that were there.
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

// recoveryOf reads keys.recovery from a file's text, and nothing else of it.
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
