WITH put AS (
    INSERT INTO state AS s (address, channel, purpose, rev, state, statement, language, position, at, asked_position,
                            asked_at, recorded_at, source, ground, age_over)
    VALUES ($1::uuid, $2::text, $3::text, next_revision(NULL), $4::int4, $5::int8, $6::text,
            $7::int8, $8::timestamptz, $9::int8, $10::timestamptz, $11::timestamptz, $12::text, $13::int4, $14::int4)
        ON CONFLICT (address, channel, purpose) DO UPDATE
       SET rev = next_revision(s.rev), state = excluded.state,
           statement = coalesce(excluded.statement, s.statement), language = coalesce(excluded.language, s.language),
           position = excluded.position, at = excluded.at, asked_position = excluded.asked_position,
           asked_at = excluded.asked_at, recorded_at = excluded.recorded_at, source = excluded.source,
           ground = excluded.ground, age_over = excluded.age_over,
           last_used_at = CASE WHEN excluded.state = s.state THEN s.last_used_at END
    RETURNING s.*)
SELECT p.address, p.rev, a.email_key, a.wide_key,
       (SELECT k.person FROM person_key k WHERE k.hash = a.email_key ORDER BY k.person LIMIT 1),
       p.channel, p.purpose, p.state, p.statement, p.at, p.position, a.vault
  FROM put p JOIN address a ON a.id = p.address
