-- An undeliverable shipment is told in shipment.failed. Those of before were not: they are looked at once more, and as
-- a carrier's refusal holds for ever, they are found undeliverable again, this time with the event.
UPDATE shipments SET status = 'waiting', next_at = clock_timestamp() WHERE status = 'undeliverable';
