INSERT INTO log_mark (part, gone_below, clear_before, mark, mark_at)
VALUES ($1::int4, $2::int8, $3::timestamptz, $4::int8, $5::timestamptz)
    ON CONFLICT (part) DO UPDATE SET gone_below = excluded.gone_below, clear_before = excluded.clear_before,
                                     mark = excluded.mark, mark_at = excluded.mark_at
