SELECT version, digest FROM policy_row ORDER BY version DESC LIMIT 1
