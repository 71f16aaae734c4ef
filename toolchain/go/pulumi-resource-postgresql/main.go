// Command pulumi-resource-postgresql serves the Terraform provider as the Pulumi plugin "postgresql".
package main

import (
	_ "embed"

	"event-platform-kit/toolchain/pulumi-resource-postgresql/provider"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// The schema written by ./tfgen (`go run ./tfgen schema --out .`); renew it when the provider's version changes.
//
//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main("postgresql", provider.Version, provider.Info(), schema)
}
