-- One role a process. They may log in but have no password until an operator sets one
-- (ALTER ROLE funding_collector PASSWORD '…'), so nothing is open by default.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['funding_collector', 'funding_backfiller', 'funding_scanner', 'funding_api', 'funding_admin']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', name);
        END IF;
    END LOOP;
END
$$;

-- Nobody but the owner makes objects here; everybody who may connect reads what is granted below and in later files.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO funding_collector, funding_backfiller, funding_scanner, funding_api, funding_admin;

GRANT SELECT ON schema_migrations TO funding_collector, funding_backfiller, funding_scanner, funding_api, funding_admin;
