-- A statement of its own: what follows sees what the one before committed.
SELECT pg_advisory_xact_lock(hashtext('lethe.certificate.chain'))
