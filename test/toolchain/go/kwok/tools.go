//go:build tools

// Package main pins kwok as a build input; the binary is built from its own main package.
package main

import _ "sigs.k8s.io/kwok/cmd/kwok"
