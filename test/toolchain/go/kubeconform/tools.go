//go:build tools

// Package main pins kubeconform as a build input; the binary is built from its own main package.
package main

import _ "github.com/yannh/kubeconform/cmd/kubeconform"
