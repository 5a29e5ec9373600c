-- min_reader: 1
-- What is kept of a token: never the token itself. Uses are counted per grant, in the order of the grants.
create table captokens.token (
    tenant_id  uuid not null default platform.tenant(),
    id         uuid not null,
    run_id     uuid not null,
    step       text not null,
    attempt    int not null,
    epoch      bigint not null,
    grants     json not null,
    max_uses   int[] not null,
    uses       int[] not null,
    issued     timestamptz not null,
    expires    timestamptz not null,
    revoked    timestamptz,
    primary key (tenant_id, id)
) partition by range (id);
create index on captokens.token (tenant_id, run_id, epoch);
select platform.protect('captokens.token', 'select, insert, update (revoked)');
select platform.partition_by_time('captokens.token', 'month');

-- The group-commit writer issues and counts for all tenants; it reads counters and keys, never what a token grants.
grant usage on schema captokens to anumate_writer;
grant insert, select (tenant_id, id, run_id, epoch, max_uses, uses, expires, revoked), update (uses) on captokens.token to anumate_writer;
create policy writer_reads on captokens.token for select to anumate_writer using (true);
create policy writer_issues on captokens.token for insert to anumate_writer with check (true);
create policy writer_counts on captokens.token for update to anumate_writer using (true) with check (true);
