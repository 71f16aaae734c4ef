// Command pulumi-resource-kafka serves the Terraform provider as the Pulumi plugin "kafka".
package main

import (
	_ "embed"

	"event-platform-kit/toolchain/pulumi-resource-kafka/provider"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// The schema written by ./tfgen (`go run ./tfgen schema --out .`); renew it when the provider's version changes.
//
//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main("kafka", provider.Version, provider.Info(), schema)
}
