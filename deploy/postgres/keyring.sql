-- Roles, schema and grants of the keyring's cluster. Run by a superuser in the database `lethe`; safe to repeat.
-- Only services that wrap or unwrap keys, or that say what a backup still holds, have a role here at all.
\set ON_ERROR_STOP on
SET client_min_messages = warning;

SELECT format('CREATE ROLE %I LOGIN NOINHERIT', name)
  FROM unnest(ARRAY['keyring_owner', 'lethe_intake', 'lethe_dedupe', 'lethe_consent', 'lethe_mailer', 'lethe_erasure',
                    'lethe_backup']) AS r(name)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

REVOKE ALL ON DATABASE lethe FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE lethe
   TO keyring_owner, lethe_intake, lethe_dedupe, lethe_consent, lethe_mailer, lethe_erasure, lethe_backup;

CREATE SCHEMA IF NOT EXISTS keyring AUTHORIZATION keyring_owner;
GRANT USAGE ON SCHEMA keyring
   TO lethe_intake, lethe_dedupe, lethe_consent, lethe_mailer, lethe_erasure, lethe_backup;
-- What each may do to which table stands in the keyring's migrations.
ALTER DEFAULT PRIVILEGES FOR ROLE keyring_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

SELECT format('ALTER ROLE %I IN DATABASE lethe SET search_path = keyring', name)
  FROM unnest(ARRAY['keyring_owner', 'lethe_intake', 'lethe_dedupe', 'lethe_consent', 'lethe_mailer', 'lethe_erasure',
                    'lethe_backup']) AS r(name)
\gexec
