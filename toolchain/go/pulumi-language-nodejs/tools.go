//go:build tools

// Package main pins the Node.js language host as a build input; the binary is built from its own main package.
package main

import _ "github.com/pulumi/pulumi/sdk/nodejs/cmd/pulumi-language-nodejs/v3"
