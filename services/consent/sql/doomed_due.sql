SELECT vault FROM doomed ORDER BY since LIMIT $1::int4
