SELECT looked_by FROM source WHERE name = $1::text AND frozen_at IS NOT NULL FOR UPDATE
