-- What came with an order: name, media type, size and SHA-256. The document itself is in the order's first event, or in the store of claim checks.
ALTER TABLE orders ADD COLUMN attachment jsonb;
