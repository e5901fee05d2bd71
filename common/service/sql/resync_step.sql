UPDATE resync SET after = $1::uuid, pages = pages + 1
