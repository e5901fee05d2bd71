DELETE FROM source_hour WHERE hour < $1::timestamptz - interval '7 days'
