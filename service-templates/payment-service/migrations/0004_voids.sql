-- Whoever makes a transaction void before it was ever seen knows no amount of it.
ALTER TABLE provider_ledger ALTER COLUMN amount DROP NOT NULL;
ALTER TABLE provider_ledger ALTER COLUMN currency DROP NOT NULL;
ALTER TABLE provider_ledger ADD CONSTRAINT provider_ledger_amount CHECK (kind = 'void' OR (amount IS NOT NULL AND currency IS NOT NULL)) NOT VALID;
