// Command tfgen writes schema.json for pulumi-resource-postgresql: `go run ./tfgen schema --out .`.
package main

import (
	"event-platform-kit/toolchain/pulumi-resource-postgresql/provider"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
)

func main() {
	tfgen.Main("postgresql", provider.Version, provider.Info())
}
