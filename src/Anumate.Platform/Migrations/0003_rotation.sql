-- min_reader: 1
-- Keys are sealed anew when the master key is rotated (`anumate master-key rewrap`), by the owner: no serving process may replace a key.
-- Across tenants only this is read: who has a key.
grant select (tenant_id) on platform.tenant_key to anumate_retention;
create policy retention_reads on platform.tenant_key for select to anumate_retention using (true);
