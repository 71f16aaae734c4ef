-- What customers are told, and the messages that tell it.

-- Whose an order is. Not every event says so; the row is also the lock under which the notices of an order are written.
CREATE TABLE order_customers (
  order_id    uuid PRIMARY KEY,
  -- Null until an event has said whose the order is.
  customer_id text,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 80); -- room for the update that every further event of an order makes

-- One thing to tell about an order. An order takes a step once, however often it is reported.
CREATE TABLE notices (
  order_id       uuid NOT NULL,
  event_type     text NOT NULL,
  event_id       uuid NOT NULL,
  -- Which message tells it; null while it is not known whose the order is.
  message_id     uuid,
  template       text NOT NULL,
  headline       text NOT NULL,
  line           text NOT NULL,
  occurred_at    timestamptz NOT NULL,
  -- What the event that is published about it points back to.
  correlation_id text NOT NULL,
  traceparent    text,
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (order_id, event_type)
);
CREATE INDEX notices_message ON notices (message_id);
CREATE INDEX notices_unaddressed ON notices (created_at) WHERE message_id IS NULL;
CREATE INDEX notices_age ON notices USING brin (created_at);

CREATE TABLE messages (
  -- The channel's idempotency key: there from the beginning, the same for every attempt.
  message_id  uuid PRIMARY KEY,
  customer_id text NOT NULL,
  -- open: collects notices until its window ends. sending: its text is fixed, a channel is asked.
  status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'sending', 'sent', 'undeliverable')),
  channel     text NOT NULL CHECK (channel IN ('email', 'push', 'sms')),
  attempts    integer NOT NULL DEFAULT 0,
  rejected_by text[] NOT NULL DEFAULT '{}',
  -- Number of the last claim: an instance that lost its claim writes nothing.
  claims      integer NOT NULL DEFAULT 0,
  -- End of the window, then when it is tried next; a claim moves it ahead.
  next_at     timestamptz NOT NULL,
  opened_at   timestamptz NOT NULL,
  sent_at     timestamptz
);
-- One window per customer at a time.
CREATE UNIQUE INDEX messages_open ON messages (customer_id) WHERE status = 'open';
CREATE INDEX messages_due ON messages (channel, next_at) WHERE status IN ('open', 'sending');
CREATE INDEX messages_age ON messages USING brin (opened_at);

-- Stands for the books of the outside channels: written only by src/channels/, over its own connections,
-- never in a transaction of the service.
CREATE TABLE channel_deliveries (
  channel    text NOT NULL,
  message_id uuid NOT NULL,
  status     text NOT NULL CHECK (status IN ('accepted', 'rejected')),
  recipient  text NOT NULL,
  subject    text NOT NULL,
  body       text NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (channel, message_id)
);
CREATE INDEX channel_deliveries_recipient ON channel_deliveries (recipient, at);
CREATE INDEX channel_deliveries_age ON channel_deliveries USING brin (at);

-- Behaviour of the simulators, shared by all instances.
CREATE TABLE channel_behaviour (
  channel      text PRIMARY KEY,
  behaviour    text NOT NULL CHECK (behaviour IN ('accept', 'reject', 'unavailable', 'timeout')),
  latency_ms   integer NOT NULL CHECK (latency_ms BETWEEN 0 AND 60000),
  failure_rate double precision NOT NULL CHECK (failure_rate BETWEEN 0 AND 1),
  seed         integer NOT NULL
);
INSERT INTO channel_behaviour (channel, behaviour, latency_ms, failure_rate, seed)
VALUES ('email', 'accept', 0, 0, 1), ('push', 'accept', 0, 0, 1), ('sms', 'accept', 0, 0, 1);
