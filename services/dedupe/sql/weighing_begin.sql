UPDATE weighing
   SET pass = pass + 1, running = true, after = NULL, records = 0, decided = 0, began_at = clock_timestamp(), ended_at = NULL,
       until = (SELECT record FROM record ORDER BY record DESC LIMIT 1)
