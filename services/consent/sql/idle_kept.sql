-- Looked at: a grant, or a link that is still open, justifies what is kept; its end brings the address back here.
UPDATE address AS a
   SET idle_at = (SELECT max(t.expires_at) FROM confirm_token t WHERE t.address = a.id)
 WHERE a.id = ANY ($1::uuid[])
