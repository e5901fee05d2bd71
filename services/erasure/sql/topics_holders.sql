SELECT name, topic FROM holder WHERE kind = 'kafka' AND topic IS NOT NULL ORDER BY name
