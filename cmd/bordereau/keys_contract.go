package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
)

func keysRotateContractCommand() *cobra.Command {
	var f keysFlags
	var background bool
	cmd := &cobra.Command{
		Use:   "rotate-contract CONTRACT",
		Short: "Give a contract a new key, and destroy the earlier one",
		Long: "Give a contract a new key for all documents from now on, rewrap the headers of its present documents for that key, and destroy " +
			"the earlier key. No document's body is read or moved, and every document can be read all the time. If the command is " +
			"interrupted, run it again; a gateway that serves also goes on with the work. Exits with 1 when a header does not open.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.load()
			if err != nil {
				return err
			}
			return onKeys(cmd.Context(), c, func(ctx context.Context, in *installation.Installation) error {
				r, err := rotateContract(ctx, in, gateway.ContractID(args[0]), background, f.json)
				if err != nil {
					return err
				}
				return tellRotation(r, background, f.json, cmd.OutOrStdout())
			})
		},
	}
	f.addFlags(cmd)
	cmd.Flags().BoolVar(&background, "background", false, "only begin, and leave the rest to a gateway that serves")
	return cmd
}

// rotateContract begins a rotation, or continues the running one.
func rotateContract(ctx context.Context, in *installation.Installation, id gateway.ContractID, background, quiet bool) (gateway.Rotation, error) {
	r, err := in.Gateway.LocalRotateContract(ctx, id)
	if errors.Is(err, gateway.ErrNotFound) {
		return r, fmt.Errorf("there is no contract %q: `bordereau keys show` lists the contracts", id)
	}
	conflict, isConflict := errors.AsType[*gateway.Conflict](err)
	if err != nil && !isConflict || err == nil && background {
		return r, err
	}
	progress, stop := progressBar("rewrapping headers", quiet)
	defer stop()
	r, err = in.Gateway.ContinueRotation(ctx, id, progress)
	if err == nil && isConflict && r.Epoch == 0 {
		return r, conflict // no rotation runs, so the conflict has another reason
	}
	return r, err
}

func tellRotation(r gateway.Rotation, background, asJSON bool, out io.Writer) error {
	if asJSON {
		if err := printJSON(out, r); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(out, rotationSentence(r, background))
	}
	if r.Failed > 0 {
		return errReported
	}
	return nil
}

func rotationSentence(r gateway.Rotation, background bool) string {
	began := fmt.Sprintf("%s has key %d.", r.Contract, r.Epoch)
	switch {
	case r.Finished:
		return fmt.Sprintf("%s The headers of its %d documents were rewrapped, and the earlier key is destroyed.", began, r.Headers)
	case r.Failed > 0:
		return fmt.Sprintf("%s %d headers do not open and stay with the earlier key: `bordereau keys check --all` lists them.", began, r.Failed)
	case background:
		return fmt.Sprintf("%s %d headers are left for the gateways that serve.", began, r.Left)
	default:
		return began + " All headers were rewrapped. Uploads from before still run; after their end the earlier key is destroyed."
	}
}
