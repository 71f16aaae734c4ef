package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/Mongey/terraform-provider-kafka/kafka"
)

const (
	// partitionsAtOnce bounds one CreateTopics request: a KRaft controller refuses more than 10,000 partitions in one,
	// and applies a request as one step during which it does nothing else.
	partitionsAtOnce = 2_000
	// topicsAtOnce bounds the other requests.
	topicsAtOnce = 1_000
	// A new topic is there for a broker a few milliseconds after the controller has it.
	firstLook, slowestLook = 5 * time.Millisecond, 250 * time.Millisecond
	attempts               = 6
	firstPause             = 100 * time.Millisecond
)

// cluster does the work on topics for one configured provider, many topics in one request.
type cluster struct {
	config  *kafka.Config
	creates coalescer[kafka.Topic]
	deletes coalescer[string]
	configs coalescer[configChange]
	// begun holds names of topics whose creation an interrupted run had begun; see begun.go.
	begun map[string]bool

	mutex  sync.Mutex
	client *kafka.Client
}

// configChange is what becomes of a topic's own configuration: values set, and keys that are no longer declared.
type configChange struct {
	topic   string
	set     map[string]*string
	removed []string
}

func newCluster(config *kafka.Config) *cluster {
	c := &cluster{config: config, begun: begunTopics()}
	c.creates.work = c.createTopics
	c.deletes.work = c.deleteTopics
	c.configs.work = c.alterConfigs
	return c
}

// connected gives the client, opened when first used: the provider may be configured before the cluster runs.
func (c *cluster) connected() (sarama.Client, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.client == nil {
		client, err := kafka.NewClient(c.config)
		if err != nil {
			return nil, err
		}
		c.client = client
	}
	return c.client.SaramaClient(), nil
}

// request sends something to the controller, again on another connection where the first one fails.
// uncertain is true when an earlier attempt may have been carried out although no answer came.
func request[R any](ctx context.Context, c *cluster, send func(broker *sarama.Broker, version sarama.KafkaVersion) (R, error)) (result R, uncertain bool, err error) {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		var client sarama.Client
		if client, err = c.connected(); err == nil {
			var broker *sarama.Broker
			if broker, err = client.Controller(); err == nil {
				if result, err = send(broker, client.Config().Version); err == nil {
					return result, uncertain, nil
				}
				uncertain = uncertain || !(errors.Is(err, sarama.ErrNotConnected) || errors.Is(err, sarama.ErrNotController))
				// A broken connection stays in the client until it is closed.
				if isConnectionError(err) {
					_ = broker.Close()
				}
				_, _ = client.RefreshController()
			}
		}
		if attempt == attempts || !isConnectionError(err) {
			return result, uncertain, err
		}
		select {
		case <-ctx.Done():
			return result, uncertain, ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
	}
}

func isConnectionError(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network) ||
		errors.Is(err, sarama.ErrNotConnected) || errors.Is(err, sarama.ErrClosedClient) || errors.Is(err, sarama.ErrOutOfBrokers) ||
		errors.Is(err, sarama.ErrBrokerNotAvailable) || errors.Is(err, sarama.ErrControllerNotAvailable) || errors.Is(err, sarama.ErrNotController)
}

func (c *cluster) timeout() time.Duration {
	return time.Duration(c.config.Timeout) * time.Second
}

// inChunks runs work on parts of the items whose weights stay within the limit, and joins the errors in order.
func inChunks[T any](items []T, limit int, weight func(T) int, work func([]T) []error) []error {
	errs := make([]error, 0, len(items))
	for start := 0; start < len(items); {
		end, sum := start, 0
		for end < len(items) && (end == start || sum+weight(items[end]) <= limit) {
			sum += weight(items[end])
			end++
		}
		errs = append(errs, work(items[start:end])...)
		start = end
	}
	return errs
}

func one[T any](T) int { return 1 }

// sameError gives every item of a batch the same outcome.
func sameError(count int, err error) []error {
	errs := make([]error, count)
	for i := range errs {
		errs[i] = err
	}
	return errs
}

// metadata describes topics by name with one request; those that do not exist are left out.
func (c *cluster) metadata(ctx context.Context, names []string) (map[string]*sarama.TopicMetadata, error) {
	response, _, err := request(ctx, c, func(broker *sarama.Broker, version sarama.KafkaVersion) (*sarama.MetadataResponse, error) {
		return broker.GetMetadata(sarama.NewMetadataRequest(version, names))
	})
	if err != nil {
		return nil, err
	}
	topics := make(map[string]*sarama.TopicMetadata, len(names))
	for _, topic := range response.Topics {
		switch topic.Err {
		case sarama.ErrUnknownTopicOrPartition:
		case sarama.ErrNoError, sarama.ErrLeaderNotAvailable:
			topics[topic.Name] = topic
		default:
			return nil, fmt.Errorf("looking at topic %s: %w", topic.Name, topic.Err)
		}
	}
	return topics, nil
}

// awaitTopics looks until done says so of every topic, or the time limit passes. It gives the names that are left.
func (c *cluster) awaitTopics(ctx context.Context, names []string, done func(name string, found *sarama.TopicMetadata) bool) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	deadline := time.Now().Add(c.timeout())
	pause := firstLook
	for {
		topics, err := c.metadata(ctx, names)
		if err != nil {
			return names, err
		}
		var left []string
		for _, name := range names {
			if !done(name, topics[name]) {
				left = append(left, name)
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return left, nil
		}
		names = left
		select {
		case <-ctx.Done():
			return left, ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, slowestLook)
	}
}
