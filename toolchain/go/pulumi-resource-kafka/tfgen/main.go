// Command tfgen writes schema.json for pulumi-resource-kafka: `go run ./tfgen schema --out .`.
package main

import (
	"event-platform-kit/toolchain/pulumi-resource-kafka/provider"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
)

func main() {
	tfgen.Main("kafka", provider.Version, provider.Info())
}
