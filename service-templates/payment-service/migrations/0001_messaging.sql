-- The library's own tables (service-templates/lib): outbox, inbox, dead letters. The same in every service.

-- Events to be published. Rows are marked, not deleted, and kept as long as their topics keep the records,
-- so that every record can be matched with its row; then they are removed in small portions.
CREATE TABLE outbox (
  position     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id     uuid NOT NULL UNIQUE,
  shard        smallint NOT NULL,
  topic        text NOT NULL,
  key          bytea,
  event_type   text NOT NULL,
  body         bytea,
  schema_id    integer,
  raw          boolean NOT NULL DEFAULT false,
  headers      jsonb NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  published_at timestamptz
);
COMMENT ON COLUMN outbox.body IS 'Avro body without the header of the wire format; the original bytes where raw';
COMMENT ON COLUMN outbox.schema_id IS 'Id in the schema registry; null: looked up when the row is published';
-- Only what waits is indexed: at rest this index is empty whatever the table holds.
CREATE INDEX outbox_waiting ON outbox (position) INCLUDE (shard) WHERE published_at IS NULL;
CREATE INDEX outbox_age ON outbox USING brin (created_at);

-- Ids of the events that were applied, in the transaction that applied them.
CREATE TABLE inbox (
  event_id     uuid PRIMARY KEY,
  event_type   text NOT NULL,
  topic        text NOT NULL,
  partition    integer NOT NULL,
  "offset"     bigint NOT NULL,
  processed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX inbox_age ON inbox USING brin (processed_at);

-- Records that could not be applied; the record itself is in the dead-letter topic.
CREATE TABLE dead_letters (
  letter_id     uuid PRIMARY KEY,
  topic         text NOT NULL,
  partition     integer NOT NULL,
  "offset"      bigint NOT NULL,
  event_id      text,
  event_type    text NOT NULL,
  error_code    text NOT NULL,
  error_message text NOT NULL,
  attempts      integer NOT NULL,
  failed_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
