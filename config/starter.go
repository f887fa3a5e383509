package config

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

//go:embed starter.yaml
var starterText string

// Starter writes c as a commented file that Load reads back: the operator's manual with
// values in it. Starter(Default()) is the file of a new installation. It leaves secrets
// out.
func Starter(c Config) []byte {
	keys := keysOf(&c)
	text := template.Must(template.New("starter.yaml").Funcs(template.FuncMap{
		"key": func(path string) (string, error) {
			k, ok := keys[path]
			if !ok {
				return "", fmt.Errorf("no key %s", path)
			}
			return k.line(path[strings.LastIndex(path, ".")+1:]), nil
		},
	}).Parse(starterText))
	var out bytes.Buffer
	if err := text.Execute(&out, nil); err != nil {
		panic(fmt.Sprintf("config: starter.yaml: %v", err)) // it names a key that is not there
	}
	return out.Bytes()
}

// line gives the line of YAML for the key, as a comment when the key has no value.
func (k key) line(name string) string {
	value := k.yaml()
	if value == "" {
		return "# " + name + ":"
	}
	return name + ": " + value
}

// yaml gives the value as YAML, empty for an empty text, an empty list and every secret.
func (k key) yaml() string {
	switch target := k.target.(type) {
	case *string:
		return quoted(*target)
	case *DatabaseEngine:
		return quoted(string(*target))
	case *ObjectsEngine:
		return quoted(string(*target))
	case *RetentionMode:
		return quoted(string(*target))
	case *LogFormat:
		return quoted(string(*target))
	case *Secret:
		return ""
	case *bool:
		return strconv.FormatBool(*target)
	case *int64:
		return strconv.FormatInt(*target, 10)
	case *time.Duration:
		return target.String()
	case *slog.Level:
		return strings.ToLower(target.String())
	case *[]string:
		return quotedList(*target)
	case *[]netip.Prefix:
		var texts []string
		for _, r := range *target {
			texts = append(texts, r.String())
		}
		return quotedList(texts)
	default:
		panic(fmt.Sprintf("config: field of a type that cannot be written: %T", target))
	}
}

// quoted gives a text as a YAML scalar on one line, in quotes where YAML would read it as
// something else.
func quoted(text string) string {
	if text == "" {
		return ""
	}
	if !utf8.ValidString(text) { // a path may be any bytes, YAML's texts may not
		return "!!binary " + base64.StdEncoding.EncodeToString([]byte(text))
	}
	scalar, err := yaml.Marshal(text)
	if line := strings.TrimSuffix(string(scalar), "\n"); err == nil && !strings.Contains(line, "\n") {
		return line
	}
	return strconv.QuoteToASCII(text) // what Go escapes in valid UTF-8, YAML reads
}

func quotedList(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	var list []string
	for _, t := range texts {
		list = append(list, strconv.QuoteToASCII(t))
	}
	return "[" + strings.Join(list, ", ") + "]"
}
