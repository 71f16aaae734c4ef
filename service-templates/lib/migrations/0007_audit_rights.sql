-- What operators did about dead-letter records and parked events cannot be changed afterwards. The same in every service.

-- Rows are added by operators' tools, never by the service: its login may look, and no more.
-- No one changes or removes a row; what an action brought may be added once, where it was not known before.
CREATE FUNCTION audit_rows_stay() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.detail IS NULL AND to_jsonb(NEW) - 'detail' = to_jsonb(OLD) - 'detail' THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'table % is an audit trail: its rows are neither changed nor removed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

DO $$
DECLARE
  trail text;
  login name;
BEGIN
  FOREACH trail IN ARRAY ARRAY['dead_letter_actions', 'outbox_actions'] LOOP
    CONTINUE WHEN to_regclass('public.' || trail) IS NULL;
    EXECUTE format('CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION audit_rows_stay()', trail);
    EXECUTE format('CREATE TRIGGER audit_table_stays BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION audit_rows_stay()', trail);
    FOR login IN SELECT DISTINCT r.rolname FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
                  WHERE c.oid = ('public.' || trail)::regclass AND a.grantee <> c.relowner LOOP
      EXECUTE format('REVOKE ALL ON %I FROM %I', trail, login);
      EXECUTE format('GRANT SELECT ON %I TO %I', trail, login);
    END LOOP;
  END LOOP;
END $$;
