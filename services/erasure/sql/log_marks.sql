SELECT part, gone_below, clear_before, mark, mark_at FROM log_mark
