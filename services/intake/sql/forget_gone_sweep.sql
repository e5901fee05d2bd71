DELETE FROM forget_gone WHERE at < now() - interval '90 days'
