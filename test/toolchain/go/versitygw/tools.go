//go:build tools

// Package main pins versitygw, the S3-compatible server of the tests; the binary is built from its own main package.
package main

import _ "github.com/versity/versitygw/cmd/versitygw"
