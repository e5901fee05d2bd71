WITH texts AS (DELETE FROM shared_text WHERE at < now() - interval '90 days')
DELETE FROM forget_gone WHERE at < now() - interval '90 days'
