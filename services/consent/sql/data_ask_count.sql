SELECT count(*) FROM data_ask WHERE requester = $1::bytea AND at > $2::timestamptz - interval '1 hour'
