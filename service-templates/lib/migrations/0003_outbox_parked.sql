-- Events that cannot be published for a reason of their own, and what was done about them. The same in every service.

-- Size of the record in bytes, so that the relay can read up to a limit. At most a little more than the record has.
ALTER TABLE outbox ADD COLUMN bytes integer NOT NULL
  GENERATED ALWAYS AS (octet_length(coalesce(body, ''::bytea)) + octet_length(coalesce(key, ''::bytea)) + octet_length(headers::text)) STORED;

-- A parked row, whole, with its error. Later events of the same topic and key wait in the outbox until it is retried or discarded.
CREATE TABLE outbox_parked (
  position      bigint PRIMARY KEY,
  event_id      uuid NOT NULL,
  shard         smallint NOT NULL,
  topic         text NOT NULL,
  key           bytea,
  event_type    text NOT NULL,
  body          bytea,
  schema_id     integer,
  raw           boolean NOT NULL,
  headers       jsonb NOT NULL,
  created_at    timestamptz NOT NULL,
  error_code    text NOT NULL,
  error_message text NOT NULL,
  parked_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN outbox_parked.position IS 'Its position in the outbox, which it gets back when it is retried';
-- Keys may be longer than a B-tree takes.
CREATE INDEX outbox_parked_key ON outbox_parked USING hash (key);

-- An audit trail: rows are added, never changed, and stay when the event itself is gone.
CREATE TABLE outbox_actions (
  action_id uuid PRIMARY KEY,
  event_id  uuid NOT NULL,
  action    text NOT NULL CHECK (action IN ('retry', 'discard')),
  actor     text,
  reason    text,
  at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  detail    jsonb NOT NULL
);
COMMENT ON COLUMN outbox_actions.detail IS 'The parked event without its content: position, topic, key in hexadecimal, eventType, code, message, createdAt, parkedAt';
CREATE INDEX outbox_actions_event ON outbox_actions (event_id, at);
