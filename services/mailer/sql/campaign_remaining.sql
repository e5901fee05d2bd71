SELECT count(*) FROM campaign WHERE records && $1::uuid[]
