-- contacts.in, and the topics of the Kafka holders that were told: of those, what is answered is gone.
SELECT 'contacts.in', part, gone_below, clear_before FROM log_mark
 UNION ALL
SELECT h.topic, 0, h.truncated_to, NULL
  FROM task AS t
  JOIN holder AS h ON h.id = t.holder
 WHERE t.request = $1::uuid AND h.topic IS NOT NULL
 ORDER BY 1, 2
