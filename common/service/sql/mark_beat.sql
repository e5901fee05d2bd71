UPDATE ledger_mark SET beat = greatest(beat, $1::int8) + 1 RETURNING beat
