// Package provider maps the Terraform provider for PostgreSQL to the resource types of the npm package
// @pulumi/postgresql. The Terraform provider is the last one on the module proxy under its old name: it knows roles,
// databases, schemas, grants, default privileges and extensions, with the properties of that time.
package provider

import (
	"github.com/hashicorp/terraform-plugin-sdk/helper/schema"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdkv1 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v1"
	"github.com/terraform-providers/terraform-provider-postgresql/postgresql"
)

// Version is that of the npm package whose types this plugin serves: the engine matches plugins by exact version.
const Version = "3.18.1"

// Info describes the provider to the bridge.
func Info() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:            sdkv1.NewProvider(postgresql.Provider().(*schema.Provider)),
		Name:         "postgresql",
		Version:      Version,
		Description:  "A Pulumi package for creating and managing postgresql cloud resources.",
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Config: map[string]*tfbridge.SchemaInfo{
			"password": {Secret: tfbridge.True()},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("postgresql_", "index", tokens.MakeStandard("postgresql")))
	info.SetAutonaming(255, "-")
	return info
}
