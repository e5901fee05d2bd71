SELECT after, pages FROM resync FOR UPDATE
