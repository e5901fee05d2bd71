-- Who may do a thing now. Tokens come from one sequence, so that a row may go when its lease is released and a
-- token of long ago never fits a row of today. pid and backend_start are the session that took it, which a successor
-- ends first: a stopped owner may hold the row's lock.
CREATE TABLE {schema}.lease (
    name          text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 95),
    owner         text NOT NULL,
    token         int8 NOT NULL,
    until         timestamptz NOT NULL,
    pid           int4 NOT NULL,
    backend_start timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE SEQUENCE {schema}.lease_token AS int8;

CREATE FUNCTION {schema}.lease_fence(the_name text, the_token int8) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM lease WHERE name = the_name AND token = the_token FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'lethe fence: the lease has another holder' USING ERRCODE = 'LT001';
    END IF;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.lease TO {role};
GRANT USAGE ON SEQUENCE {schema}.lease_token TO {role};
GRANT EXECUTE ON FUNCTION {schema}.lease_fence(text, int8) TO {role};
