-- min_reader: 1
-- Keys are sealed anew when the master key is rotated (`anumate master-key rewrap`). Across tenants only this is read: who has a key.
grant update (wrapped) on platform.tenant_key to anumate_platform;
grant update (private_key) on platform.signing_key to anumate_platform;
grant select (tenant_id) on platform.tenant_key to anumate_retention;
create policy retention_reads on platform.tenant_key for select to anumate_retention using (true);
