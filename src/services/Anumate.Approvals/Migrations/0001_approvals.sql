-- min_reader: 1
-- An approval is one document that changes by versions; the columns beside it are what is searched by.
create table approvals.approval (
    tenant_id  uuid not null default platform.tenant(),
    id         uuid not null,
    run_id     uuid not null,
    subject    text not null,
    status     text not null check (status in ('pending', 'granted', 'rejected', 'expired')),
    due        timestamptz not null,
    version    bigint not null,
    body       json not null,
    primary key (tenant_id, id),
    unique (tenant_id, run_id, subject)
);
create index on approvals.approval (due) where status = 'pending';
select platform.protect('approvals.approval', 'select, insert, update');

-- The timer sees which approvals are due, and nothing of what they say; it acts as their tenant.
grant usage on schema approvals to anumate_timer;
grant select (tenant_id, id, status, due) on approvals.approval to anumate_timer;
create policy timer on approvals.approval for select to anumate_timer using (status = 'pending');
