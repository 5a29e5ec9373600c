-- min_reader: 1
-- One log per tenant and shard. `size` guards every append: two sequencers cannot give the same index twice.
create table receipts.log (
    tenant_id  uuid not null default platform.tenant(),
    shard      int not null,
    size       bigint not null,
    frontier   bytea not null,
    updated    timestamptz not null,
    primary key (tenant_id, shard)
);
select platform.protect('receipts.log', 'select');

-- Hashes of complete subtrees, from level 1 up; those of level 0 stand with the leaves.
create table receipts.node (
    tenant_id  uuid not null default platform.tenant(),
    shard      int not null,
    level      int not null,
    index      bigint not null,
    hash       bytea not null,
    primary key (tenant_id, shard, level, index)
);
select platform.protect('receipts.node', 'select');

create table receipts.checkpoint (
    tenant_id  uuid not null default platform.tenant(),
    shard      int not null,
    size       bigint not null,
    note       text not null,
    signed     timestamptz not null,
    primary key (tenant_id, shard, size)
);
select platform.protect('receipts.checkpoint', 'select');

-- The signed close of a run: how many leaves it left and which is the last.
create table receipts.run_close (
    tenant_id  uuid not null default platform.tenant(),
    run_id     uuid not null,
    envelope   json not null,
    created    timestamptz not null,
    primary key (tenant_id, run_id)
);
select platform.protect('receipts.run_close', 'select');

grant usage on schema receipts to anumate_sequencer;
grant select, insert, update on receipts.log to anumate_sequencer;
grant insert on receipts.node, receipts.checkpoint, receipts.run_close to anumate_sequencer;
create policy sequencer on receipts.log to anumate_sequencer using (true) with check (true);
create policy sequencer on receipts.node for insert to anumate_sequencer with check (true);
create policy sequencer on receipts.checkpoint for insert to anumate_sequencer with check (true);
create policy sequencer on receipts.run_close for insert to anumate_sequencer with check (true);
