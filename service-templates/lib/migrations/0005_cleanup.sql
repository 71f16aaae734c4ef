-- Clean-up that reads what it removes and nothing else. The same in every service.
-- BRIN is of no use where rows are deleted: the minimum of a range never rises, so soon every look read the whole table.

-- Many rows, nothing to be unique: a part for each day, which is emptied as a whole. Twelve parts are a ring, so no table is
-- ever made or dropped. Days are those of UTC.
ALTER TABLE outbox_published RENAME TO outbox_published_before;
ALTER TABLE outbox_published_before DROP CONSTRAINT outbox_published_pkey;
DROP INDEX outbox_published_age;
CREATE TABLE outbox_published (
  position     bigint NOT NULL,
  event_id     uuid NOT NULL,
  topic        text NOT NULL,
  key          bytea,
  event_type   text NOT NULL,
  created_at   timestamptz NOT NULL,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY LIST (((extract(epoch FROM published_at AT TIME ZONE 'UTC')::bigint / 86400) % 12));
COMMENT ON TABLE outbox_published IS 'What was published in the last 8 days and more; drop_old_outbox_published() empties the parts that are older';
DO $$
BEGIN
  FOR slot IN 0..11 LOOP
    EXECUTE format('CREATE TABLE outbox_published_%s PARTITION OF outbox_published FOR VALUES IN (%s)', slot, slot);
  END LOOP;
END $$;
-- Sound here, where no row of a part is deleted by itself. For those who ask what was published since a time.
CREATE INDEX outbox_published_age ON outbox_published USING brin (published_at);
INSERT INTO outbox_published SELECT position, event_id, topic, key, event_type, created_at, published_at FROM outbox_published_before;
DROP TABLE outbox_published_before;

-- Empties the parts whose days are over for 8 days; gives back how many. The service's login may not empty or change a
-- table, so this runs with the owner's rights, takes no argument, and looks itself whether a part holds nothing younger.
CREATE FUNCTION drop_old_outbox_published() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  today   bigint := extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC')::bigint / 86400;
  part    text;
  holds   boolean;
  emptied integer := 0;
BEGIN
  -- Today and the 8 days before are kept; tomorrow's part is left alone, for clocks that are set back.
  FOR ahead IN 2..3 LOOP
    part := format('public.outbox_published_%s', (today + ahead) % 12);
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part) INTO holds;
    CONTINUE WHEN NOT holds;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE published_at >= now() - interval ''8 days'')', part) INTO holds;
    CONTINUE WHEN holds;
    BEGIN
      EXECUTE format('TRUNCATE %s', part);
      emptied := emptied + 1;
    EXCEPTION WHEN lock_not_available THEN
      NULL; -- Somebody reads it, for a long time: the next call empties it.
    END;
  END LOOP;
  RETURN emptied;
END $$;
REVOKE ALL ON FUNCTION drop_old_outbox_published() FROM PUBLIC;

-- What was published is written once. Nobody but the owner removes it, not even row by row: a ctid names a row of each part.
DO $$
DECLARE login name;
BEGIN
  FOR login IN SELECT DISTINCT r.rolname FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
                WHERE c.oid = 'outbox_published'::regclass AND a.grantee <> c.relowner LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON outbox_published FROM %I', login);
    EXECUTE format('GRANT EXECUTE ON FUNCTION drop_old_outbox_published() TO %I', login);
    FOR slot IN 0..11 LOOP
      -- Rows go through the table they are parts of; its rights count.
      EXECUTE format('REVOKE ALL ON outbox_published_%s FROM %I', slot, login);
    END LOOP;
  END LOOP;
END $$;

-- Unique by the event's id, so not in parts: a part's key would have to hold the day too, and an event that comes on
-- another day would be applied again. A B-tree finds the oldest rows. Vacuum comes when one in fifty is dead, not one in five.
DROP INDEX inbox_age;
CREATE INDEX inbox_age ON inbox (processed_at);
ALTER TABLE inbox SET (autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX dead_letters_age ON dead_letters (failed_at);
