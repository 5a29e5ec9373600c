-- min_reader: 1
-- Whom the subjects of OIDC issuers are here. Roles and groups stand on the principal; claims_at is the time of issue of the token
-- they came from, so that an older token does not bring back what a newer one took away.

create table identity.external_subject (
    tenant_id  uuid not null default platform.tenant(),
    issuer     text not null check (length(issuer) between 1 and 300),
    subject    text not null check (subject ~ '^[ -~]{1,255}$'),
    principal  uuid not null,
    claims_at  timestamptz not null,
    primary key (tenant_id, issuer, subject),
    unique (tenant_id, principal),
    foreign key (tenant_id, principal) references identity.principal (tenant_id, id)
);
select platform.protect('identity.external_subject', 'select, insert, update (claims_at)');
