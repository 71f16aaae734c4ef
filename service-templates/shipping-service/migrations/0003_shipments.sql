-- Shipments of confirmed orders.

CREATE TABLE shipments (
  -- Derived from the order's id: an order has one shipment however often it is confirmed.
  shipment_id      uuid PRIMARY KEY,
  order_id         uuid NOT NULL UNIQUE,
  customer_id      text NOT NULL,
  shipping_address text NOT NULL,
  items            jsonb NOT NULL,
  status           text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'booked', 'dispatched', 'delivered', 'undeliverable')),

  -- The carrier that is asked now; once booked, the one that ships.
  carrier          text NOT NULL CHECK (carrier IN ('fedex', 'ups')),
  -- Counts the changes of the carrier; part of the booking's reference.
  turn             integer NOT NULL DEFAULT 0,
  -- Calls of this turn, and of all turns, that brought nothing.
  attempts         integer NOT NULL DEFAULT 0,
  failures         integer NOT NULL DEFAULT 0,
  -- True while the carrier may hold a booking that is not known here. Set before it is asked.
  in_doubt         boolean NOT NULL DEFAULT false,
  rejected_by      text[] NOT NULL DEFAULT '{}',
  -- Number of the last claim: an instance that lost its claim writes nothing.
  claims           integer NOT NULL DEFAULT 0,
  -- When it is looked at next; a claim moves it ahead.
  next_at          timestamptz NOT NULL,

  tracking_number  text UNIQUE,
  -- What led to the shipment: the order.confirmed that its events point back to.
  correlation_id   text NOT NULL,
  causation_id     uuid NOT NULL,
  traceparent      text,
  created_at       timestamptz NOT NULL,
  booked_at        timestamptz,
  dispatched_at    timestamptz,
  delivered_at     timestamptz,
  CONSTRAINT shipments_tracked CHECK (status IN ('waiting', 'undeliverable') OR tracking_number IS NOT NULL)
);
CREATE INDEX shipments_waiting ON shipments (carrier, next_at) WHERE status = 'waiting';
CREATE INDEX shipments_under_way ON shipments (carrier, next_at) WHERE status IN ('booked', 'dispatched');

-- Stands for the books of the outside carriers: written only by src/carriers/, over its own connections,
-- never in a transaction of the service.
CREATE TABLE carrier_bookings (
  carrier         text NOT NULL,
  reference       text NOT NULL,
  shipment_id     uuid NOT NULL,
  status          text NOT NULL CHECK (status IN ('booked', 'rejected', 'void')),
  -- Absent where the reference was made void before it was ever booked.
  tracking_number text UNIQUE,
  at              timestamptz NOT NULL,
  PRIMARY KEY (carrier, reference)
);
CREATE INDEX carrier_bookings_shipment ON carrier_bookings (shipment_id);

-- Behaviour of the simulators, shared by all instances.
CREATE TABLE carrier_behaviour (
  carrier      text PRIMARY KEY,
  behaviour    text NOT NULL CHECK (behaviour IN ('accept', 'reject', 'unavailable', 'timeout')),
  latency_ms   integer NOT NULL CHECK (latency_ms BETWEEN 0 AND 60000),
  failure_rate double precision NOT NULL CHECK (failure_rate BETWEEN 0 AND 1),
  seed         integer NOT NULL
);
INSERT INTO carrier_behaviour (carrier, behaviour, latency_ms, failure_rate, seed) VALUES ('fedex', 'accept', 0, 0, 1), ('ups', 'accept', 0, 0, 1);
