package config

import (
	"path/filepath"
	"strings"
)

const prefix = "BORDEREAU_"

// variable gives the name of the environment variable for a path.
func variable(path string) string {
	return prefix + strings.ToUpper(strings.NewReplacer(".", "__", "-", "_").Replace(path))
}

// fromEnvironment gives the values that the environment sets, by path. Paths of files
// count from folder.
func fromEnvironment(environ []string, folder string, keys map[string]key, found *problems) map[string]any {
	variables := variablesFor(keys)
	values := map[string]any{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || value == "" {
			continue
		}
		v, ok := variables[name]
		if !ok {
			found.misnamed(name, variables)
			continue
		}
		if _, twice := values[v.path]; twice {
			found.add(name, "set both directly and by a _FILE variable: use one")
			continue
		}
		values[v.path] = value
		if v.file {
			values[v.path] = secretFrom(under(folder, value), name, found)
		}
	}
	return values
}

// setting is what one variable sets.
type setting struct {
	path string
	file bool // the value is the path of a file with the secret
}

func variablesFor(keys map[string]key) map[string]setting {
	variables := map[string]setting{}
	for path, k := range keys {
		variables[variable(path)] = setting{path: path}
		if k.isSecret() {
			variables[variable(path)+"_FILE"] = setting{path: path, file: true}
		}
	}
	return variables
}

// misnamed adds a problem for a variable that is meant for this program and names no key.
// A variable with two underscores is meant for it. A variable that would name a key with
// other underscores is a slip. All other variables have another purpose: Kubernetes gives
// every container variables such as BORDEREAU_SERVICE_HOST where a service has that name.
func (p *problems) misnamed(name string, variables map[string]setting) {
	if _, ok := variables[strings.TrimSuffix(name, "_FILE")]; ok {
		p.add(name, "only a secret may come from a file")
		return
	}
	for right := range variables {
		if squeezed(right) == squeezed(name) {
			p.add(name, "unknown variable: did you mean %s?", right)
			return
		}
	}
	if strings.Contains(name, "__") {
		p.add(name, "unknown variable")
	}
}

func squeezed(name string) string { return strings.ReplaceAll(name, "_", "") }

func secretFrom(path, name string, found *problems) string {
	text, _, err := readBounded(filepath.Clean(path))
	if err != nil {
		found.add(name, "reading the secret: %v", err)
		return ""
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if secret == "" {
		found.add(name, "the file is empty")
	}
	return secret
}
