//go:build tools

// Package main pins Prometheus as a build input; the binary is built from its own main package.
package main

import _ "github.com/prometheus/prometheus/cmd/prometheus"
