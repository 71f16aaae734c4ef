-- The clean-up finds the oldest rows without reading the others.
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
