-- Owned by the gateway: the life of a roadwork. What the clock says (active, over) is never stored: docs/decisions/0028.

alter table roadwork
    add column status text not null default 'draft' check (status in ('draft', 'approved', 'refused', 'ended')),
    add column approved_at timestamptz,    -- on Lotse's clock; null: it never had an effect
    add column lanes_closed smallint check (lanes_closed between 1 and 12),
    add column vehicles text[] not null default '{}'     -- whom it binds; empty: all
        check (vehicles <@ '{car,truck,bus,emergency}'),
    add column recurrence text,            -- hours of the week, local time of time_zone, from starts_at to ends_at; null: all
    add column time_zone text,             -- IANA name
    add column source text,                -- the feed it was imported from; null: entered by hand
    add column source_id text,             -- its id there
    add column confidence double precision check (confidence between 0 and 1),   -- of its links
    add column doubts text[] not null default '{}',      -- why a person has to confirm it; empty: nobody has to
    add column complaints jsonb not null default '[]',   -- what of the feed's element was not as it should be
    add column check_result jsonb,         -- what closing the links it has now would do; null: not looked at
    add column checked_at timestamptz,
    drop constraint roadwork_effect_check,
    drop constraint roadwork_check,
    add constraint roadwork_effect_check check (effect in ('closed', 'speed', 'lanes')),
    add constraint roadwork_speed_check check (effect = 'lanes' or (effect = 'speed') = (speed_kmh is not null)),
    add constraint roadwork_lanes_check check ((effect = 'lanes') = (lanes_closed is not null)),
    add constraint roadwork_recurrence_check check (recurrence is null or time_zone is not null),
    add constraint roadwork_check_check check ((check_result is null) = (checked_at is null)),
    add constraint roadwork_source_check check ((source is null) = (source_id is null));

-- Those entered before were approved by whoever entered them.
update roadwork set approved_at = starts_at, status = case when ended_at is null then 'approved' else 'ended' end;

alter table roadwork
    add constraint roadwork_approval_check check (status not in ('draft', 'refused') or approved_at is null),
    add constraint roadwork_approved_check check (status <> 'approved' or approved_at is not null);

create unique index roadwork_source on roadwork (source, source_id) where source is not null;

create view effective_roadwork as   -- those that have, had or will have an effect, and no earlier than they were approved
select roadwork_id, name, effect, speed_kmh, lanes_closed, vehicles, links,
    greatest(starts_at, approved_at) as starts_at, ends_at, ended_at, recurrence, time_zone
from roadwork
where approved_at is not null;
