-- The clean-up finds the oldest rows without reading the others. BRIN does not: where rows are deleted, the minimum of a range never rises.

-- Facts go a time after they began: an index on a column that every event changes would make each of them write all indexes.
ALTER TABLE order_facts ADD COLUMN created_at timestamptz;
UPDATE order_facts SET created_at = updated_at;
ALTER TABLE order_facts ALTER COLUMN created_at SET DEFAULT clock_timestamp(), ALTER COLUMN created_at SET NOT NULL;
DROP INDEX order_facts_age;
CREATE INDEX order_facts_age ON order_facts (created_at);

DROP INDEX sent_messages_age;
CREATE INDEX sent_messages_age ON sent_messages (sent_at);
DROP INDEX minute_figures_age;
CREATE INDEX minute_figures_age ON minute_figures (minute);
