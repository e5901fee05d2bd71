SELECT seq, hash FROM audit WHERE seq = $1::int8
