-- min_reader: 1
-- How strictly a policy is meant where it is not enforced, or not everywhere: in the tenant (`capsule` empty) or for one capsule.
create table policies.bound (
    tenant_id  uuid not null default platform.tenant(),
    id         uuid not null,
    policy     text not null,
    capsule    text not null,
    mode       text not null check (mode in ('observe', 'warn', 'enforce')),
    set_by     uuid not null,
    set_at     timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, policy, capsule)
);
select platform.protect('policies.bound');

-- Lists that policies read by their name.
create table policies.list (
    tenant_id  uuid not null default platform.tenant(),
    id         uuid not null,
    name       text not null,
    texts      text[] not null,
    set_by     uuid not null,
    set_at     timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, name)
);
select platform.protect('policies.list');
