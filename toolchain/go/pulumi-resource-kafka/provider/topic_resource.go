package provider

import (
	"context"
	"sync"

	"github.com/Mongey/terraform-provider-kafka/kafka"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// batchTopics gives the topic resource of the Terraform provider other operations with the same outcome: topics that
// are created, deleted or configured at about the same time share a request, and end as soon as the brokers show it.
// The provider's own wait a fixed second or three and send one request each. Schema, reading, importing and differences
// are the provider's, so the state is the same and either plugin continues the other's.
func batchTopics(provider *schema.Provider) *schema.Provider {
	resource := provider.ResourcesMap["kafka_topic"]
	clusters := &clusters{byMeta: make(map[*kafka.LazyClient]*cluster)}
	updateAsProvider := resource.UpdateContext

	resource.CreateContext = func(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
		topic := topicOf(data)
		if err := clusters.of(meta).creates.do(ctx, topic); err != nil {
			return diag.FromErr(err)
		}
		data.SetId(topic.Name)
		return nil
	}
	resource.UpdateContext = func(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
		if data.HasChanges("partitions", "replication_factor") {
			return updateAsProvider(ctx, data, meta)
		}
		return diag.FromErr(clusters.of(meta).configs.do(ctx, configChangeOf(data)))
	}
	resource.DeleteContext = func(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
		if err := clusters.of(meta).deletes.do(ctx, data.Id()); err != nil {
			return diag.FromErr(err)
		}
		data.SetId("")
		return nil
	}
	return provider
}

// clusters holds one cluster per configured provider.
type clusters struct {
	mutex  sync.Mutex
	byMeta map[*kafka.LazyClient]*cluster
}

func (c *clusters) of(meta any) *cluster {
	client := meta.(*kafka.LazyClient)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found := c.byMeta[client]
	if found == nil {
		found = newCluster(client.Config)
		c.byMeta[client] = found
	}
	return found
}

func topicOf(data *schema.ResourceData) kafka.Topic {
	return kafka.Topic{
		Name:              data.Get("name").(string),
		Partitions:        int32(data.Get("partitions").(int)),
		ReplicationFactor: int16(data.Get("replication_factor").(int)),
		Config:            textMap(data.Get("config")),
	}
}

func configChangeOf(data *schema.ResourceData) configChange {
	before, after := data.GetChange("config")
	change := configChange{topic: data.Id(), set: textMap(after)}
	for key := range textMap(before) {
		if _, kept := change.set[key]; !kept {
			change.removed = append(change.removed, key)
		}
	}
	return change
}

func textMap(value any) map[string]*string {
	entries := make(map[string]*string)
	for key, entry := range value.(map[string]any) {
		if text, ok := entry.(string); ok {
			entries[key] = &text
		}
	}
	return entries
}
