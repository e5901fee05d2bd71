SELECT id, topic, truncated_to FROM holder WHERE kind = 'kafka' AND topic IS NOT NULL AND seq > 0 ORDER BY id
