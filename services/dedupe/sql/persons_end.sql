WITH ended AS (SELECT * FROM unnest($1::uuid[], $2::int8[], $3::uuid[]) AS e(person, rev, into_person)),
     -- whoever was merged into one of them, is merged into its heir
     moved AS (UPDATE person AS p SET into_person = ended.into_person FROM ended
                WHERE p.into_person = ended.person AND ended.into_person IS NOT NULL)
UPDATE person AS p
   SET rev = ended.rev, restricted = false, into_person = ended.into_person, ended_at = clock_timestamp()
  FROM ended WHERE p.person = ended.person
