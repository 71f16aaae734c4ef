//go:build tools

// Package main pins the Pulumi CLI as a build input; the binary is built from its own main package.
package main

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
