-- The admins whose tokens work, locked: two of them revoking each other must not leave none.
SELECT id FROM operator
 WHERE role = 'admin' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
 ORDER BY id FOR UPDATE
