SELECT k.part, k.next, coalesce(r.next, 0) FROM koff AS k LEFT JOIN rolled AS r ON r.part = k.part
 WHERE k.topic = 'contacts.in'
