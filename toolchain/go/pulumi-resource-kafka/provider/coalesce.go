package provider

import (
	"context"
	"sync"
	"time"
)

// gatherFor is how long the first call of a quiet time waits for company. The engine hands over what may run at once
// within a few milliseconds; while a batch is under way, the next one gathers by itself.
const gatherFor = 15 * time.Millisecond

// coalescer turns calls that come at about the same time into one call for all of them.
type coalescer[T any] struct {
	// work does a batch and gives one error per item, in order. Batches of one coalescer never overlap.
	work func(ctx context.Context, items []T) []error

	mutex   sync.Mutex
	waiting []pendingCall[T]
	running bool
}

type pendingCall[T any] struct {
	item   T
	result chan error
}

// do hands in one item and waits for its outcome. A caller that is cancelled stops waiting; its item may still be done.
func (c *coalescer[T]) do(ctx context.Context, item T) error {
	call := pendingCall[T]{item: item, result: make(chan error, 1)}
	c.mutex.Lock()
	c.waiting = append(c.waiting, call)
	if !c.running {
		c.running = true
		// Detached: the batch belongs to all its callers, so one that gives up must not end it.
		go c.drain(context.WithoutCancel(ctx))
	}
	c.mutex.Unlock()
	select {
	case err := <-call.result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *coalescer[T]) drain(ctx context.Context) {
	time.Sleep(gatherFor)
	for {
		c.mutex.Lock()
		calls := c.waiting
		c.waiting = nil
		if len(calls) == 0 {
			c.running = false
			c.mutex.Unlock()
			return
		}
		c.mutex.Unlock()

		items := make([]T, len(calls))
		for i, call := range calls {
			items[i] = call.item
		}
		for i, err := range c.work(ctx, items) {
			calls[i].result <- err
		}
	}
}
