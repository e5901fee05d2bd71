SELECT l.at, a.operator, l.seq, a.detail FROM look l JOIN audit a USING (seq)
 WHERE l.subject = $1::uuid ORDER BY l.seq DESC LIMIT 1000
