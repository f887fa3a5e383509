package installation

import "github.com/bordereau/bordereau/gateway/supervise"

// Supervise watches the gateway of the installation.
func (in *Installation) Supervise() *supervise.Supervisor {
	return supervise.New(supervise.Config{Database: in.Database, Ledger: in.Ledger, Publisher: in.Publisher, Gateway: in.Gateway,
		Store: in.Store, Metrics: in.Metrics, Logger: in.Log, LedgerWait: in.Config.Limits.LedgerWait})
}
