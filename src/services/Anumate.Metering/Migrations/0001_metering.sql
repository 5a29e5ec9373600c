-- min_reader: 1
create table metering.daily (
    tenant_id   uuid not null default platform.tenant(),
    day         date not null,
    runs        bigint not null default 0,
    completed   bigint not null default 0,
    tool_calls  bigint not null default 0,
    primary key (tenant_id, day)
);
select platform.protect('metering.daily', 'select, insert, update');

-- Events are delivered at least once: what was counted is remembered, by run, in the transaction that counts it.
create table metering.counted (
    tenant_id  uuid not null default platform.tenant(),
    run_id     uuid not null,
    primary key (tenant_id, run_id)
) partition by range (run_id);
select platform.protect('metering.counted', 'select, insert');
select platform.partition_by_time('metering.counted', 'month');
