-- What was done about dead letters, by whom and why. The same in every service.

-- A replayed record that fails again is a letter of its own, which names the one it came from.
ALTER TABLE dead_letters ADD COLUMN replay_of uuid;
CREATE INDEX dead_letters_replay_of ON dead_letters (replay_of) WHERE replay_of IS NOT NULL;

-- An audit trail: rows are added, never changed, and stay when the letter itself is cleaned away.
CREATE TABLE dead_letter_actions (
  action_id uuid PRIMARY KEY,
  letter_id uuid NOT NULL,
  action    text NOT NULL CHECK (action IN ('replay', 'discard')),
  actor     text,
  reason    text,
  at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  detail    jsonb
);
CREATE INDEX dead_letter_actions_letter ON dead_letter_actions (letter_id, at);
