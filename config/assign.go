package config

import (
	"errors"
	"log/slog"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// key is one key of the configuration: a pointer to its field. koanf's own decoder is too
// lenient: it takes keys in any case, the number 10 for ten nanoseconds and 1.5 for 1. It
// also stops reporting unknown keys at the first wrong value.
type key struct{ target any }

func (k key) isSecret() bool {
	_, ok := k.target.(*Secret)
	return ok
}

// keysOf finds the keys of a configuration by their paths.
func keysOf(c *Config) map[string]key {
	keys := map[string]key{}
	addKeys(keys, "", reflect.ValueOf(c).Elem())
	return keys
}

func addKeys(keys map[string]key, section string, v reflect.Value) {
	for i := range v.NumField() {
		path := join(section, v.Type().Field(i).Tag.Get("koanf"))
		target := v.Field(i).Addr().Interface()
		if _, secret := target.(*Secret); v.Field(i).Kind() == reflect.Struct && !secret {
			addKeys(keys, path, v.Field(i))
			continue
		}
		keys[path] = key{target}
	}
}

func join(section, name string) string {
	if section == "" {
		return name
	}
	return section + "." + name
}

// assign sets every key of a section that values has. A missing value keeps the default.
func assign(values map[string]any, section string, keys map[string]key, found *problems) {
	for name, value := range values {
		path := join(section, name)
		k, isKey := keys[path]
		// A dot in a name would reach into a section by a second spelling: refuse it.
		known := !strings.Contains(name, ".") && (isKey || isSection(path, keys))
		switch inner, isMap := value.(map[string]any); {
		case !known:
			found.add(path, "unknown key")
		case value == nil:
		case isKey:
			if err := k.set(value); err != nil {
				found.add(path, "%v", err)
			}
		case isMap:
			assign(inner, path, keys, found)
		default:
			found.add(path, "must be a section: put its keys below it, indented")
		}
	}
}

func isSection(path string, keys map[string]key) bool {
	for k := range keys {
		if strings.HasPrefix(k, path+".") {
			return true
		}
	}
	return false
}

// set gives the key a value from YAML, or a text from the environment. The error
// describes a right value and never repeats the wrong one.
func (k key) set(value any) error {
	text, isText := value.(string)
	switch target := k.target.(type) {
	case *string:
		return store(target, text, isText, "must be a text: put it in quotes")
	case *DatabaseEngine:
		return store(target, DatabaseEngine(text), isText, "must be sqlite or postgresql")
	case *ObjectsEngine:
		return store(target, ObjectsEngine(text), isText, "must be folder or s3")
	case *RetentionMode:
		return store(target, RetentionMode(text), isText, "must be none, governance or compliance")
	case *LogFormat:
		return store(target, LogFormat(text), isText, "must be text or json")
	case *Secret:
		return store(target, NewSecret(text), isText, "must be a text: put it in quotes")
	case *bool:
		flag, ok := parseBool(value)
		return store(target, flag, ok, "must be true or false")
	case *int64:
		number, ok := parseInt(value)
		return store(target, number, ok, "must be a whole number")
	case *time.Duration:
		duration, err := time.ParseDuration(text)
		return store(target, duration, isText && err == nil, "must be a time with its unit, such as 30s or 2m")
	case *slog.Level:
		level, ok := parseLevel(text)
		return store(target, level, ok, "must be debug, info, warn or error")
	case *[]string:
		texts, ok := parseTexts(value)
		return store(target, texts, ok, "must be a list of texts")
	case *[]netip.Prefix:
		ranges, ok := parseRanges(value)
		return store(target, ranges, ok, "must be a list of address ranges such as 10.0.0.0/8")
	default:
		panic("config: field of a type that cannot be set: " + reflect.TypeOf(target).String())
	}
}

func store[T any](target *T, value T, ok bool, otherwise string) error {
	if !ok {
		return errors.New(otherwise)
	}
	*target = value
	return nil
}

func parseBool(value any) (flag, ok bool) {
	if text, isText := value.(string); isText {
		return text == "true", text == "true" || text == "false"
	}
	flag, ok = value.(bool)
	return flag, ok
}

func parseInt(value any) (int64, bool) {
	switch number := value.(type) {
	case int:
		return int64(number), true
	case string:
		n, err := strconv.ParseInt(number, 10, 64)
		return n, err == nil
	default:
		return 0, false
	}
}

// parseLevel accepts only the four levels; slog's own parser also accepts INFO+2.
func parseLevel(text string) (slog.Level, bool) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if text == strings.ToLower(level.String()) {
			return level, true
		}
	}
	return 0, false
}

// parseTexts reads a YAML list of texts, or one text with commas.
func parseTexts(value any) ([]string, bool) {
	var texts []string
	for _, item := range items(value) {
		text, _ := item.(string)
		if text = strings.TrimSpace(text); text == "" {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

// parseRanges reads a YAML list of texts, or one text with commas.
func parseRanges(value any) ([]netip.Prefix, bool) {
	var ranges []netip.Prefix
	for _, item := range items(value) {
		text, _ := item.(string)
		r, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			return nil, false
		}
		ranges = append(ranges, r)
	}
	return ranges, true
}

func items(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	text, _ := value.(string) // any other value becomes one empty item, which is refused
	var list []any
	for part := range strings.SplitSeq(text, ",") {
		list = append(list, part)
	}
	return list
}
