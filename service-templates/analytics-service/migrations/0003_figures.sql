-- What is known of each order, and the figures that follow from it.

-- Raw rows: the steps an order has taken, each as the earliest report of it told it. Whatever the order and the
-- number of the reports, the same row results.
CREATE TABLE order_facts (
  order_id   uuid PRIMARY KEY,
  -- Event type -> {"at": milliseconds since the epoch, and what figures need of the event; amounts in minor units}.
  steps      jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 70); -- room for the steps to come
CREATE INDEX order_facts_age ON order_facts USING brin (updated_at);

-- Raw rows: messages that were sent to customers. A message is reported once for every order it tells about.
CREATE TABLE sent_messages (
  message_id uuid PRIMARY KEY,
  channel    text NOT NULL,
  sent_at    timestamptz NOT NULL
);
CREATE INDEX sent_messages_age ON sent_messages USING brin (sent_at);

-- Sums over all raw rows, kept up to date with each of them: what src/figures/contributions.ts says one order adds.
CREATE TABLE minute_figures (
  measure  text NOT NULL CHECK (measure IN ('step', 'ordered', 'sold', 'refunded', 'cancelled', 'outcome', 'latency', 'product', 'message')),
  minute   timestamptz NOT NULL,
  -- What the measure is split by: event type, reason, outcome, bucket of the latency, product, channel.
  label    text NOT NULL DEFAULT '',
  -- Of amounts; empty where there are none.
  currency text NOT NULL DEFAULT '',
  count    bigint NOT NULL,
  -- Pieces; milliseconds for latency.
  units    bigint NOT NULL,
  -- Minor units of the currency.
  amount   bigint NOT NULL,
  PRIMARY KEY (measure, minute, label, currency)
) WITH (fillfactor = 70);
CREATE INDEX minute_figures_age ON minute_figures USING brin (minute);
