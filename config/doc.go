// Package config reads one configuration from a YAML file and the environment, strictly,
// and gives one validated struct. The fields of Config are the operator's manual; Starter
// writes the same manual as a file to begin with.
//
// # The file
//
// The file is one YAML document. Every key may be left out; its field states the default.
// A key with nothing after it counts as left out. A key that does not exist is refused,
// with its path, because a misspelt key would silently do nothing. Relative paths count
// from the folder of the file.
//
//	public-url: https://transfer.example.com
//	listen:
//	  api: 0.0.0.0:8443
//	database:
//	  engine: postgresql
//
// # The environment
//
// A variable overrides the file. Its name is BORDEREAU_ and the path in capitals, with
// two underscores between section and key, and one for each hyphen:
//
//	data-dir              BORDEREAU_DATA_DIR
//	database.engine       BORDEREAU_DATABASE__ENGINE
//	objects.access-key    BORDEREAU_OBJECTS__ACCESS_KEY
//	trusted-proxies       BORDEREAU_TRUSTED_PROXIES      a list: separated by commas
//
// An empty variable counts as not set. A variable with two underscores that names no key
// is refused, and so is one that would name a key if its underscores were right. Other
// variables that begin with BORDEREAU_ are ignored: Kubernetes sets some for a service of
// that name.
//
// # Secrets
//
// A secret is better kept out of both. For every key of type Secret there is one more
// variable, its name with _FILE added. It names a file that holds the secret, as
// container platforms mount them:
//
//	database.url          BORDEREAU_DATABASE__URL_FILE=/run/secrets/database-url
//
// One line break at the end of that file is dropped. A configuration file with a secret
// in it must not be readable by all users of the machine. A Secret never prints itself,
// and no error of this package repeats a value.
//
// # Problems
//
// Load reports all problems at once, each with its path. One start of the program is then
// enough to find every mistake.
package config
