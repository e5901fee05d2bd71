SELECT count(*) FROM answer WHERE request = $1::uuid AND outcome = 'human'
