-- Which customers' personal data was erased here, when and by whom. The same in every service.
-- An audit trail: rows are added, never changed. It does not name the customer, nor what stands for him in the rows that are kept.
CREATE TABLE erasures (
  erasure_id      uuid PRIMARY KEY,
  customer_digest bytea NOT NULL,
  actor           text NOT NULL,
  reason          text,
  complete        boolean NOT NULL,
  at              timestamptz NOT NULL DEFAULT clock_timestamp(),
  detail          jsonb NOT NULL
);
COMMENT ON COLUMN erasures.erasure_id IS 'The same in every service that the run reached';
COMMENT ON COLUMN erasures.customer_digest IS 'SHA-256 of the customer''s id: whoever has the id finds what was done for it';
COMMENT ON COLUMN erasures.complete IS 'False where rows of processes under way were left';
COMMENT ON COLUMN erasures.detail IS '[{table, erased, left}]';
CREATE INDEX erasures_customer ON erasures (customer_digest, at);

CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON erasures FOR EACH ROW EXECUTE FUNCTION audit_rows_stay();
CREATE TRIGGER audit_table_stays BEFORE TRUNCATE ON erasures FOR EACH STATEMENT EXECUTE FUNCTION audit_rows_stay();
DO $$
DECLARE login name;
BEGIN
  -- Erasing changes rows, which the service's login may do: so it is the login that erases, and it adds its row here.
  FOR login IN SELECT DISTINCT r.rolname FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
                WHERE c.oid = 'erasures'::regclass AND a.grantee <> c.relowner LOOP
    EXECUTE format('REVOKE ALL ON erasures FROM %I', login);
    EXECUTE format('GRANT SELECT, INSERT ON erasures TO %I', login);
  END LOOP;
END $$;
