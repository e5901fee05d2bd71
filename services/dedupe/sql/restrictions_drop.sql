DELETE FROM restriction WHERE request = $1::uuid RETURNING record
