-- Stock and reservations. The constraints are the last word on overselling: no code path can get past them.

CREATE TABLE stock (
  product_id text PRIMARY KEY CHECK (product_id <> ''),
  initial    integer NOT NULL CHECK (initial >= 0),
  available  integer NOT NULL CHECK (available >= 0),
  reserved   integer NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  sold       integer NOT NULL DEFAULT 0 CHECK (sold >= 0),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT stock_adds_up CHECK (available + reserved + sold = initial)
) WITH (fillfactor = 50); -- room for in-page updates: these rows change with every order

CREATE TABLE reservations (
  order_id       uuid PRIMARY KEY,
  reservation_id uuid UNIQUE,
  -- 'cancelled' is a tombstone: the cancellation came first, nothing may be set aside.
  status         text NOT NULL CHECK (status IN ('reserved', 'insufficient', 'released', 'sold', 'cancelled')),
  items          jsonb NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT reservations_have_id CHECK (status IN ('insufficient', 'cancelled') OR reservation_id IS NOT NULL)
);
