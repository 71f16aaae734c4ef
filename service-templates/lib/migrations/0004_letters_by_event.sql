-- The letters of an event: its inbox row stays as long as one of them can be replayed. The same in every service.

-- Hash: a letter's event id is what the record's header said, of any length, which a B-tree would refuse.
CREATE INDEX dead_letters_event ON dead_letters USING hash (event_id);
