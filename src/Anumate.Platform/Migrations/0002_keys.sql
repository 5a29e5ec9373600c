-- min_reader: 1
-- One key of a purpose signs at a time, whichever process made it first.
create unique index signing_key_current on platform.signing_key (tenant_id, purpose) where retired is null;

-- A tenant's key, wrapped by the master key; it wraps the tenant's data keys and seals its secrets.
create table platform.tenant_key (
    tenant_id  uuid primary key default platform.tenant(),
    wrapped    text not null,
    created    timestamptz not null
);
select platform.protect('platform.tenant_key', 'select, insert');

-- Data keys, wrapped by the tenant's key: one per run that holds personal data (`scope` is the run's id). Deleting a row erases what
-- the key ever sealed, so this table stands outside WORM and under a backup rule of its own.
create table platform.data_key (
    tenant_id  uuid not null default platform.tenant(),
    scope      text not null,
    wrapped    text not null,
    salt       text not null,
    created    timestamptz not null,
    primary key (tenant_id, scope)
);
select platform.protect('platform.data_key', 'select, insert, delete');
