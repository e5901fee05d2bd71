UPDATE backup SET gone_at = now(), rev = next_revision(rev) WHERE gone_at IS NULL AND expires_at <= $1::timestamptz
