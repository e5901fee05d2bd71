UPDATE campaign SET laid_out = laid_out + $2::int4 WHERE campaign = $1::uuid
