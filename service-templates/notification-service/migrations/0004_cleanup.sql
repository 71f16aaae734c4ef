-- The clean-up finds the oldest rows without reading the others. BRIN does not: where rows are deleted, the minimum of a range never rises.
CREATE INDEX order_customers_age ON order_customers (created_at);
DROP INDEX messages_age;
CREATE INDEX messages_age ON messages (opened_at);
DROP INDEX notices_age;
CREATE INDEX notices_age ON notices (created_at);
DROP INDEX channel_deliveries_age;
CREATE INDEX channel_deliveries_age ON channel_deliveries (at);
