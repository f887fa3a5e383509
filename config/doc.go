// Package config reads one configuration from a YAML file and the environment, strictly, and gives one validated struct.
// The fields of Config are the operator's manual; Starter writes the same manual as a file to begin with.
//
// # The file
//
// YAML, one document. Every key may be left out and has then the default that its field states; a key with nothing after
// it counts as left out. A key that does not exist is refused, with its path, because the usual reason is a slip of the
// pen in something that matters. Relative paths count from the folder of the file.
//
//	public-url: https://transfer.example.com
//	listen:
//	  api: 0.0.0.0:8443
//	database:
//	  engine: postgresql
//
// # The environment
//
// A variable overrides the file. Its name is BORDEREAU_ and the path in capitals, with two underscores between section
// and key, and one for each hyphen:
//
//	data-dir              BORDEREAU_DATA_DIR
//	database.engine       BORDEREAU_DATABASE__ENGINE
//	objects.access-key    BORDEREAU_OBJECTS__ACCESS_KEY
//	trusted-proxies       BORDEREAU_TRUSTED_PROXIES      a list: separated by commas
//
// An empty variable counts as not set. A variable with two underscores that names no key is refused, and so is one that
// would name a key if its underscores were right. Any other variable that begins with BORDEREAU_ is somebody else's, for
// instance what Kubernetes sets for a service of that name.
//
// # Secrets
//
// A secret is better kept out of both. For every key of type Secret there is one more variable, its name with _FILE
// added, that names a file to read the secret from, as container platforms mount them:
//
//	database.url          BORDEREAU_DATABASE__URL_FILE=/run/secrets/database-url
//
// One line break at its end is dropped. A configuration file that does hold a secret must not be readable by everybody
// on the machine. A Secret never prints itself, and no error of this package repeats a value.
//
// # Problems
//
// All problems are told at once, each with its path: whoever repairs a configuration should not have to start the
// program once per mistake.
package config
