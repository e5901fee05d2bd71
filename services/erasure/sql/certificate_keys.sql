SELECT ARRAY(SELECT json_array_elements_text(body::json #> '{keys,destroyed}')::uuid)
  FROM certificate WHERE request = $1::uuid
