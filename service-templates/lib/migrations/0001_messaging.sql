-- The library's own tables (service-templates/lib): outbox, inbox, dead letters. The same in every service.

-- Events waiting to be published; at rest this table is empty.
CREATE TABLE outbox (
  position   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id   uuid NOT NULL,
  shard      smallint NOT NULL,
  topic      text NOT NULL,
  key        bytea,
  event_type text NOT NULL,
  body       bytea,
  schema_id  integer,
  raw        boolean NOT NULL DEFAULT false,
  headers    jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000); -- rows come and go all the time
COMMENT ON COLUMN outbox.body IS 'Avro body without the header of the wire format; the original bytes where raw';
COMMENT ON COLUMN outbox.schema_id IS 'Id in the schema registry; null: looked up when the row is published';

-- What was published, without its content, which is in the topic: so that every record can be matched with its row.
-- Kept a little longer than the topics keep their records, then removed in small portions.
CREATE TABLE outbox_published (
  position     bigint PRIMARY KEY,
  event_id     uuid NOT NULL,
  topic        text NOT NULL,
  key          bytea,
  event_type   text NOT NULL,
  created_at   timestamptz NOT NULL,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_published_age ON outbox_published USING brin (published_at);

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
