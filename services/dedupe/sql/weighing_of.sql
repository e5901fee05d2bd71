SELECT version, policy_version, sources, pass, running, after, until, records, decided, began_at, ended_at FROM weighing
