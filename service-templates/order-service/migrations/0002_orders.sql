-- Orders, their saga, the price list and the answers given under an Idempotency-Key.

CREATE TABLE price_list (
  product_id text NOT NULL CHECK (product_id <> ''),
  currency   char(3) NOT NULL,
  name       text NOT NULL,
  -- Minor units (cents): sums are exact.
  unit_price integer NOT NULL CHECK (unit_price > 0),
  PRIMARY KEY (product_id, currency)
);

CREATE TABLE orders (
  order_id         uuid PRIMARY KEY,
  customer_id      text NOT NULL,
  status           text NOT NULL CHECK (status IN ('pending', 'confirmed', 'cancelled')),
  payment          text NOT NULL CHECK (payment IN ('pending', 'processed', 'failed', 'refunded')),
  inventory        text NOT NULL CHECK (inventory IN ('pending', 'reserved', 'insufficient', 'released')),
  reason           text CHECK (reason IN ('payment_declined', 'insufficient_stock', 'timed_out')),
  transaction_id   text,
  items            jsonb NOT NULL,
  -- Minor units.
  total_amount     bigint NOT NULL CHECK (total_amount > 0),
  currency         char(3) NOT NULL,
  shipping_address jsonb NOT NULL,
  traceparent      text,
  created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT orders_confirmed CHECK (status <> 'confirmed' OR (payment = 'processed' AND inventory = 'reserved')),
  CONSTRAINT orders_reason CHECK ((status = 'cancelled') = (reason IS NOT NULL))
);
CREATE INDEX orders_of_customer ON orders (customer_id, order_id DESC);
-- The sweep and the gauges look at what is not at its end: few rows whatever the table holds.
CREATE INDEX orders_pending ON orders (created_at) WHERE status = 'pending';
CREATE INDEX orders_compensating ON orders (updated_at) WHERE status = 'cancelled' AND (payment = 'processed' OR inventory = 'reserved');

CREATE TABLE order_steps (
  order_id uuid NOT NULL REFERENCES orders,
  place    bigint GENERATED ALWAYS AS IDENTITY,
  name     text NOT NULL,
  at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (order_id, name)
);

CREATE TABLE idempotency_keys (
  customer_id text NOT NULL,
  key         text NOT NULL,
  body_hash   bytea NOT NULL,
  order_id    uuid NOT NULL REFERENCES orders,
  answer      jsonb NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (customer_id, key)
);
