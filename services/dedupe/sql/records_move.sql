UPDATE record AS r SET person = m.person, component = m.component, root = m.root
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) AS m(record, person, component, root)
 WHERE r.record = m.record
