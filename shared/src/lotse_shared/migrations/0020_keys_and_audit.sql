-- Keys that take the place of others, when keys were used, and a trace that tells what there was before.

-- Owned by the gateway.
alter table api_key add column replaces text;           -- the key_id it was made to follow
create unique index api_key_successor on api_key (replaces) where revoked_at is null;

-- Owned by the gateway: when each key was used last. A table of its own, without a hint: it is written every minute, and
-- no gateway has to read its keys anew for it.
create table api_key_use (
    key_id text primary key,
    last_used_at timestamptz not null
);

-- Owned by the gateway. Before and after are the thing as its table has it; null: there was none.
alter table audit_event
    add column before jsonb,
    add column after jsonb,
    add column request_id text;        -- null: not by HTTP
update audit_event set after = detail -> 'after', detail = detail - 'after' where jsonb_typeof(detail -> 'after') = 'object';
create index audit_event_noun on audit_event (noun, noun_id, audit_id);
create index audit_event_key on audit_event (key_id, audit_id);
