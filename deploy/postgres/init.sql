-- Roles, schemas and grants of the services' cluster. Run by a superuser in the database `lethe`; safe to repeat.
-- Roles come without a password: whoever runs this sets them (deploy/local, deploy/docker/set-passwords.sh).
--   <schema>_owner   owns the schema; only the service's `migrate` command uses it
--   lethe_<service>  what the running service is: reads and writes the tables of its own schema, nothing else
-- The vault's tables are nobody's: services get EXECUTE on the functions that its migrations name.
\set ON_ERROR_STOP on
SET client_min_messages = warning;

SELECT format('CREATE ROLE %I LOGIN NOINHERIT', name)
  FROM unnest(ARRAY['intake', 'dedupe', 'consent', 'mailer', 'retention', 'erasure', 'backup', 'admin']) AS s(service)
 CROSS JOIN LATERAL (VALUES ('lethe_' || service), (service || '_owner')) AS r(name)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
UNION ALL
SELECT 'CREATE ROLE vault_owner LOGIN NOINHERIT'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vault_owner')
\gexec

REVOKE ALL ON DATABASE lethe FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE lethe TO %I', rolname)
  FROM pg_roles WHERE rolname LIKE 'lethe\_%' OR rolname LIKE '%\_owner'
\gexec

-- A service's own schema.
SELECT statement
  FROM unnest(ARRAY['intake', 'dedupe', 'consent', 'mailer', 'retention', 'erasure', 'backup', 'admin'])
       WITH ORDINALITY AS s(service, place)
 CROSS JOIN LATERAL (VALUES
        (1, format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', service, service || '_owner')),
        (2, format('GRANT USAGE ON SCHEMA %I TO %I', service, 'lethe_' || service)),
        (3, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC', service || '_owner')),
        (4, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
                   service || '_owner', service, 'lethe_' || service)),
        (5, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT USAGE, SELECT ON SEQUENCES TO %I',
                   service || '_owner', service, 'lethe_' || service)),
        (6, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT EXECUTE ON FUNCTIONS TO %I',
                   service || '_owner', service, 'lethe_' || service)),
        (7, format('ALTER ROLE %I IN DATABASE lethe SET search_path = %I', 'lethe_' || service, service)),
        (8, format('ALTER ROLE %I IN DATABASE lethe SET search_path = %I', service || '_owner', service))
       ) AS l(step, statement)
 ORDER BY place, step
\gexec

-- The vault: its functions for those who write, compare, address, report and look for leftovers.
CREATE SCHEMA IF NOT EXISTS vault AUTHORIZATION vault_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE vault_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER ROLE vault_owner IN DATABASE lethe SET search_path = vault;
GRANT USAGE ON SCHEMA vault
   TO lethe_intake, lethe_dedupe, lethe_consent, lethe_mailer, lethe_retention, lethe_erasure, lethe_backup, lethe_admin;
