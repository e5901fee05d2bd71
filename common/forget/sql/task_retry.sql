UPDATE forget_task SET next_at = clock_timestamp() WHERE request = $1::uuid AND next_at > clock_timestamp()
