-- min_reader: 1
-- A deleted policy rules nothing any more; its versions stay, for the plans that have pinned them.
alter table policies.policy add column deleted timestamptz;
