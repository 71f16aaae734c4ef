-- Payments of orders, and the simulated provider's own ledger.

CREATE TABLE payments (
  order_id       uuid PRIMARY KEY,
  -- 'cancelled' without a transaction is a tombstone: the cancellation came first, nothing may be captured.
  status         text NOT NULL CHECK (status IN ('processed', 'failed', 'refunded', 'cancelled')),
  transaction_id uuid UNIQUE,
  refund_id      uuid UNIQUE,
  customer_id    text,
  -- Minor units.
  amount         bigint CHECK (amount > 0),
  currency       char(3),
  reason         text,
  provider_code  text,
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT payments_tombstone CHECK (status = 'cancelled' OR transaction_id IS NOT NULL)
);

-- Stands for the books of an outside provider: written only by src/provider/, over its own connection,
-- never in a transaction of the service.
CREATE TABLE provider_ledger (
  transaction_id uuid NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('capture', 'decline', 'refund', 'void')),
  order_id       uuid NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  currency       char(3) NOT NULL,
  at             timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (transaction_id, kind)
);
CREATE INDEX provider_ledger_order ON provider_ledger (order_id);

-- Behaviour of the simulator, shared by all instances.
CREATE TABLE provider_behaviour (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  behaviour  text NOT NULL CHECK (behaviour IN ('approve', 'decline', 'decline_above', 'timeout', 'error')),
  -- Minor units; for decline_above.
  threshold  bigint,
  latency_ms integer NOT NULL CHECK (latency_ms BETWEEN 0 AND 60000)
);
INSERT INTO provider_behaviour (behaviour, latency_ms) VALUES ('approve', 0);
