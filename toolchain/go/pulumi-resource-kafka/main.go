// Command pulumi-resource-kafka serves the Terraform provider as the Pulumi plugin "kafka".
package main

import (
	_ "embed"
	"io"
	"os"

	"event-platform-kit/toolchain/pulumi-resource-kafka/provider"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// The schema written by ./tfgen (`go run ./tfgen schema --out .`); renew it when the provider's version changes.
//
//go:embed schema.json
var schema []byte

func main() {
	endWithEngine()
	tfbridge.Main("kafka", provider.Version, provider.Info(), schema)
}

// endWithEngine ends this process when the engine that started it is gone. The engine holds the other end of the
// plugin's standard input; killed, it could not end its plugins itself, and they would work on for nobody.
func endWithEngine() {
	info, err := os.Stdin.Stat()
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
}
