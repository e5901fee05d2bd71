UPDATE holder
   SET failures = failures + 1,
       quiet_until = $2::timestamptz
                     + least(interval '500 milliseconds' * power(2, least(failures, 10)), interval '1 minute')
                     * (0.5 + random() / 2)
 WHERE id = $1::uuid
