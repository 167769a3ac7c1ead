-- Versions of signs, destinations and corridors: their rows count, and the audit trail keeps what each version was.

-- Owned by the gateway, which raises it by one with each change of content.
alter table sign add column version integer not null default 1 check (version > 0);
alter table destination add column version integer not null default 1 check (version > 0);
alter table corridor add column version integer not null default 1 check (version > 0);

-- The event that made a version; a write that changed no content made none.
create index audit_event_version on audit_event (noun, noun_id, ((after ->> 'version')::integer))
where noun in ('sign', 'destination', 'corridor') and (after ->> 'version') <> coalesce(before ->> 'version', '');

-- Versions that an event made, each with what stood before it.
create view registry_change as
select noun, noun_id, (after ->> 'version')::integer as version, at, key_id, before, after
from audit_event
where noun in ('sign', 'destination', 'corridor') and (after ->> 'version') <> coalesce(before ->> 'version', '');

-- All versions: also those that no event made, since they stood there before versions were counted, or came by SQL. Of those
-- the row tells, or, once it was changed, what the event of that change found.
create view registry_version as
select noun, noun_id, version, at as saved_at, key_id as author, after as content from registry_change
union all
select noun, noun_id, (before ->> 'version')::integer, (before ->> 'updated_at')::timestamptz, null, before
from registry_change as next
where (before ->> 'version') is not null and not exists (
    select from registry_change as made
    where made.noun = next.noun and made.noun_id = next.noun_id and made.version = (next.before ->> 'version')::integer
)
union all
select noun, noun_id, version, updated_at, null, content
from (
    select 'sign' as noun, sign_id as noun_id, version, updated_at, to_jsonb(sign) as content from sign
    union all
    select 'destination', destination_id, version, updated_at, to_jsonb(destination) from destination
    union all
    select 'corridor', corridor_id, version, updated_at, to_jsonb(corridor) from corridor
) as present
where not exists (
    select from registry_change as made
    where made.noun = present.noun and made.noun_id = present.noun_id and made.version = present.version
);

-- The version with which a thing begins that is not there: behind the last one that the trail knows of it.
create function next_version(noun text, noun_id text) returns integer
language sql stable as $$
    select coalesce(max(c.version), 0) + 1 from registry_change c where c.noun = $1 and c.noun_id = $2
$$;

-- The version of a row after it was replaced by another one, whose version is the one with which it would begin.
create function version_after(present jsonb, given jsonb) returns integer
language sql immutable as $$
    select case
        when present - '{version,updated_at}'::text[] = given - '{version,updated_at}'::text[]
            then (present ->> 'version')::integer
        else greatest((present ->> 'version')::integer + 1, (given ->> 'version')::integer)
    end
$$;
