package demo

// World is the result of the story, for scripts that continue from there. As JSON it is
// the ready file. Organisations, people, contracts and batches have the keys of cast.go
// and trades.go.
type World struct {
	API   string `json:"api"`
	Admin string `json:"admin"`
	Data  string `json:"data"`

	// Tokens are access tokens by role and person. They end after minutes; the
	// credentials in People give new ones.
	Tokens map[string]map[string]string `json:"tokens"`
	People map[string]Person            `json:"people"`

	Clients   map[string]string `json:"clients"`
	Providers map[string]string `json:"providers"`
	Contracts map[string]string `json:"contracts"`
	Batches   map[string]string `json:"batches"`
}

// Person is a person of the story, with the secret for POST /oauth/token.
type Person struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Organisation string `json:"organisation"` // key of a client or provider; "operator"
	Role         string `json:"role"`
	Secret       Secret `json:"secret"`
}

func newWorld(c Config) *World {
	return &World{
		API: c.API, Admin: c.Admin, Data: c.Data,
		Tokens: map[string]map[string]string{}, People: map[string]Person{},
		Clients: map[string]string{}, Providers: map[string]string{},
		Contracts: map[string]string{}, Batches: map[string]string{},
	}
}

// admit puts a person with a token into the world.
func (w *World) admit(a *actor) {
	role := string(a.role)
	if w.Tokens[role] == nil {
		w.Tokens[role] = map[string]string{}
	}
	w.Tokens[role][a.key] = a.token
	w.People[a.key] = Person{ID: a.id, Name: a.name, Organisation: a.organisation, Role: role, Secret: a.secret}
}
