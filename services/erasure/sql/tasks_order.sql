-- The order to destroy: services wait for an answer, holders get the next number of theirs, manual ones a human.
WITH numbered AS (
    UPDATE holder AS h
       SET seq = h.seq + 1
      FROM (SELECT o.id
              FROM task AS t JOIN holder AS o ON o.id = t.holder
             WHERE t.request = $1::uuid AND t.status = 'waiting'
             ORDER BY o.id FOR NO KEY UPDATE OF o) AS mine
     WHERE h.id = mine.id
    RETURNING h.id, h.seq)
UPDATE task AS t
   SET status = CASE WHEN t.kind IN ('manual', 'opendsr') THEN 'human' ELSE 'running' END,
       seq = (SELECT n.seq FROM numbered AS n WHERE n.id = t.holder),
       sent_at = CASE WHEN t.kind = 'service' THEN $2::timestamptz END,
       next_attempt_at = CASE WHEN t.kind IN ('kafka', 'webhook') THEN $2::timestamptz END
 WHERE t.request = $1::uuid AND t.status = 'waiting'
RETURNING t.kind
