package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"github.com/Mongey/terraform-provider-kafka/kafka"
)

// createTopics creates topics and waits until the brokers know them.
func (c *cluster) createTopics(ctx context.Context, topics []kafka.Topic) []error {
	return inChunks(topics, partitionsAtOnce, func(topic kafka.Topic) int { return int(topic.Partitions) }, func(part []kafka.Topic) []error {
		return c.createPart(ctx, part)
	})
}

func (c *cluster) createPart(ctx context.Context, topics []kafka.Topic) []error {
	names := make([]string, len(topics))
	wanted := make(map[string]kafka.Topic, len(topics))
	for i, topic := range topics {
		names[i] = topic.Name
		wanted[topic.Name] = topic
	}
	// Known beforehand, so that a topic that appears while an answer is lost can only be this request's own.
	present, err := c.metadata(ctx, names)
	if err != nil {
		return sameError(len(topics), err)
	}
	details := make(map[string]*sarama.TopicDetail, len(topics))
	outcome := make(map[string]error, len(topics))
	var resumed []kafka.Topic
	for _, topic := range topics {
		switch found := present[topic.Name]; {
		case found == nil:
			details[topic.Name] = &sarama.TopicDetail{NumPartitions: topic.Partitions, ReplicationFactor: topic.ReplicationFactor, ConfigEntries: topic.Config}
		case !c.begun[topic.Name]:
			outcome[topic.Name] = existsAlready(topic.Name)
		default:
			if outcome[topic.Name] = differenceFrom(topic, found); outcome[topic.Name] == nil {
				resumed = append(resumed, topic)
			}
		}
	}
	if err := c.sendCreates(ctx, details, outcome); err != nil {
		for name := range details {
			outcome[name] = err
		}
	}
	c.resume(ctx, resumed, outcome)

	var expected []string
	for _, name := range names {
		if outcome[name] == nil {
			expected = append(expected, name)
		}
	}
	left, err := c.awaitTopics(ctx, expected, func(name string, found *sarama.TopicMetadata) bool {
		return found != nil && len(found.Partitions) >= int(wanted[name].Partitions)
	})
	for _, name := range left {
		outcome[name] = fmt.Errorf("topic %s was created but no broker shows it after %s (%v)", name, c.timeout(), err)
	}
	return inOrder(names, outcome)
}

func existsAlready(topic string) error {
	return fmt.Errorf("topic %s exists already and this stack did not create it; nothing was changed. "+
		"To take it over, `npx kit import` writes its declaration and its state; otherwise choose another name", topic)
}

// resume finishes topics that an earlier run had begun: they get the configuration that is declared now.
func (c *cluster) resume(ctx context.Context, topics []kafka.Topic, outcome map[string]error) {
	changes := make([]configChange, len(topics))
	for i, topic := range topics {
		changes[i] = configChange{topic: topic.Name, set: topic.Config}
	}
	for i, err := range c.alterConfigs(ctx, changes) {
		outcome[topics[i].Name] = err
	}
}

// sendCreates sends one CreateTopics request, and again what the controller puts off by its quota.
func (c *cluster) sendCreates(ctx context.Context, details map[string]*sarama.TopicDetail, outcome map[string]error) error {
	deadline := time.Now().Add(c.timeout())
	uncertain := make(map[string]bool)
	for len(details) > 0 {
		response, unsure, err := request(ctx, c, func(broker *sarama.Broker, version sarama.KafkaVersion) (*sarama.CreateTopicsResponse, error) {
			response, err := broker.CreateTopics(sarama.NewCreateTopicsRequest(version, details, c.timeout(), false))
			if err != nil {
				return nil, err
			}
			for _, answer := range response.TopicErrors {
				// The same for all of them; nothing was done.
				if answer.Err == sarama.ErrNotController {
					return nil, answer.Err
				}
			}
			return response, nil
		})
		if err != nil {
			return err
		}
		postponed := make(map[string]*sarama.TopicDetail)
		for name, detail := range details {
			answer := response.TopicErrors[name]
			switch {
			case answer == nil:
				outcome[name] = fmt.Errorf("the controller gave no answer on topic %s", name)
			case answer.Err == sarama.ErrNoError, answer.Err == sarama.ErrTopicAlreadyExists && (unsure || uncertain[name]):
				outcome[name] = nil
			case answer.Err == sarama.ErrTopicAlreadyExists:
				outcome[name] = existsAlready(name)
			case answer.Err == sarama.ErrThrottlingQuotaExceeded || answer.Err == sarama.ErrRequestTimedOut:
				outcome[name] = answer
				postponed[name] = detail
				uncertain[name] = answer.Err == sarama.ErrRequestTimedOut
			default:
				outcome[name] = answer
			}
		}
		if time.Now().After(deadline) {
			return nil
		}
		details = postponed
		if len(details) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(response.ThrottleTime, firstPause)):
		}
	}
	return nil
}

// differenceFrom says in which way an existing topic is not the one that was to be created; nil when it is.
func differenceFrom(topic kafka.Topic, found *sarama.TopicMetadata) error {
	if len(found.Partitions) != int(topic.Partitions) {
		return fmt.Errorf("topic %s exists already with %d partitions, not %d; nothing was changed", topic.Name, len(found.Partitions), topic.Partitions)
	}
	for _, partition := range found.Partitions {
		if len(partition.Replicas) != int(topic.ReplicationFactor) {
			return fmt.Errorf("topic %s exists already with %d replicas, not %d; nothing was changed", topic.Name, len(partition.Replicas), topic.ReplicationFactor)
		}
	}
	return nil
}

// inOrder gives the outcomes in the order of the names.
func inOrder(names []string, outcome map[string]error) []error {
	errs := make([]error, len(names))
	for i, name := range names {
		errs[i] = outcome[name]
	}
	return errs
}

// deleteTopics deletes topics and waits until the brokers no longer show them. One that is gone already counts as deleted.
func (c *cluster) deleteTopics(ctx context.Context, names []string) []error {
	return inChunks(names, topicsAtOnce, one, func(part []string) []error { return c.deletePart(ctx, part) })
}

func (c *cluster) deletePart(ctx context.Context, names []string) []error {
	response, _, err := request(ctx, c, func(broker *sarama.Broker, version sarama.KafkaVersion) (*sarama.DeleteTopicsResponse, error) {
		response, err := broker.DeleteTopics(sarama.NewDeleteTopicsRequest(version, names, c.timeout()))
		if err != nil {
			return nil, err
		}
		for _, code := range response.TopicErrorCodes {
			if code == sarama.ErrNotController {
				return nil, code
			}
		}
		return response, nil
	})
	if err != nil {
		return sameError(len(names), err)
	}
	outcome := make(map[string]error, len(names))
	var expected []string
	for _, name := range names {
		switch code := response.TopicErrorCodes[name]; code {
		case sarama.ErrNoError, sarama.ErrUnknownTopicOrPartition:
			expected = append(expected, name)
		default:
			outcome[name] = fmt.Errorf("deleting topic %s: %w", name, code)
		}
	}
	left, err := c.awaitTopics(ctx, expected, func(_ string, found *sarama.TopicMetadata) bool { return found == nil })
	for _, name := range left {
		outcome[name] = fmt.Errorf("topic %s was deleted but a broker still shows it after %s (%v)", name, c.timeout(), err)
	}
	return inOrder(names, outcome)
}

// alterConfigs sets and removes topic configuration key by key: what others set by hand on other keys stays.
func (c *cluster) alterConfigs(ctx context.Context, changes []configChange) []error {
	return inChunks(changes, topicsAtOnce, one, func(part []configChange) []error { return c.alterPart(ctx, part) })
}

func (c *cluster) alterPart(ctx context.Context, changes []configChange) []error {
	resources := make([]*sarama.IncrementalAlterConfigsResource, len(changes))
	for i, change := range changes {
		entries := make(map[string]sarama.IncrementalAlterConfigsEntry, len(change.set)+len(change.removed))
		for key, value := range change.set {
			entries[key] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: value}
		}
		for _, key := range change.removed {
			entries[key] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationDelete}
		}
		resources[i] = &sarama.IncrementalAlterConfigsResource{Type: sarama.TopicResource, Name: change.topic, ConfigEntries: entries}
	}
	response, _, err := request(ctx, c, func(broker *sarama.Broker, _ sarama.KafkaVersion) (*sarama.IncrementalAlterConfigsResponse, error) {
		return broker.IncrementalAlterConfigs(&sarama.IncrementalAlterConfigsRequest{Resources: resources})
	})
	if err != nil {
		return sameError(len(changes), err)
	}
	outcome := make(map[string]error, len(changes))
	for _, answer := range response.Resources {
		if code := sarama.KError(answer.ErrorCode); code != sarama.ErrNoError {
			outcome[answer.Name] = fmt.Errorf("configuration of topic %s: %w: %s", answer.Name, code, answer.ErrorMsg)
		}
	}
	names := make([]string, len(changes))
	for i, change := range changes {
		names[i] = change.topic
	}
	return inOrder(names, outcome)
}
