INSERT INTO address_source (address, vault, item)
VALUES ($1::uuid, $2::uuid, $3::bool)
    ON CONFLICT DO NOTHING
