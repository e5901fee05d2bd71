-- Locked records, each with the newest activity of its person.
SELECT page.record, page.category, page.captured_at, page.dates,
       greatest((SELECT max(a.occurred_at)
                   FROM member AS own
                   JOIN member AS m ON m.person = own.person
                   JOIN part AS p ON p.record = m.record
                   JOIN activity AS a ON a.activity = p.activity
                  WHERE own.record = page.record AND p.used),
                (SELECT max(a.occurred_at)
                   FROM part AS p JOIN activity AS a ON a.activity = p.activity
                  WHERE p.record = page.record AND p.used),
                (SELECT max(a.occurred_at)
                   FROM member AS own
                   JOIN person_key AS k ON k.person = own.person
                   JOIN part_key AS pk ON pk.hash = k.hash
                   JOIN part AS p ON p.part = pk.part
                   JOIN activity AS a ON a.activity = p.activity
                  WHERE own.record = page.record AND p.used))
  FROM record AS page
 WHERE page.record = ANY ($1::uuid[])
