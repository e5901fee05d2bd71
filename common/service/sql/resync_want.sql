INSERT INTO resync DEFAULT VALUES
ON CONFLICT (one) DO UPDATE SET after = NULL, pages = 0, since = now()
