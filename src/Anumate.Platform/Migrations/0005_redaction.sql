-- min_reader: 1
-- What tokens of redactions stand for, sealed: with the data key of their run (`scope` is its id), which erases them too, else with the tenant's.
create table platform.redaction_token (
    tenant_id  uuid not null default platform.tenant(),
    token      text not null,
    scope      text not null,
    sealed     text not null,
    created    timestamptz not null,
    primary key (tenant_id, token)
);
select platform.protect('platform.redaction_token', 'select, insert');
