SELECT vault.delete_v1($1::uuid[])
