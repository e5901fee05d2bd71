SELECT vault.records_delete_v1($1::uuid[])
