-- When the oldest instruction was last written that this holder must still answer; NULL: none. What a human answers for was
-- answered by the holder itself as impossible, or never written.
SELECT min(sent_at) FROM task WHERE holder = $1::uuid AND status = 'running'
