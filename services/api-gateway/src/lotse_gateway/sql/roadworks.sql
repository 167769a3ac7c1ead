-- Roadworks and their life. What the clock says of one is derived here, but for its hours: those are looked at afterwards.

-- name: list_roadworks
-- Roadworks after the id $1, with what they are at $2 on Lotse's clock, of the statuses $3 (null: any), at most $4;
-- with a link in the box $5..$8 (null: anywhere), whose time lies within $9..$10 in part (null: open).
with judged as (
    select *, case
        when ended_at is not null or ends_at <= $2 then 'ended'
        when status = 'draft' and check_result is not null then 'checked'
        when status = 'approved' and starts_at <= $2 then 'active'
        else status end as status_now
    from roadwork
)
select roadwork_id, name, effect, speed_kmh, lanes_closed, vehicles, links, starts_at, ends_at, ended_at, recurrence,
    time_zone, approved_at, source, source_id, confidence, doubts, complaints, check_result as check, checked_at,
    created_at, updated_at, status_now as status
from judged
where ($1::text is null or roadwork_id > $1) and ($3::text[] is null or status_now = any($3))
    and ($5::float8 is null or exists (
        select from link l join network n using (network_version)
        where n.is_active and l.link_id = any(judged.links)
            and touches_box(l.coordinates, $5, $6::float8, $7::float8, $8::float8)
    ))
    and ($9::timestamptz is null or coalesce(least(ended_at, ends_at), 'infinity') > $9)
    and ($10::timestamptz is null or starts_at < $10)
order by roadwork_id
limit $4;

-- name: get_roadwork
-- One roadwork ($1), with what it is at $2 on Lotse's clock.
select roadwork_id, name, effect, speed_kmh, lanes_closed, vehicles, links, starts_at, ends_at, ended_at, recurrence,
    time_zone, approved_at, source, source_id, confidence, doubts, complaints, check_result as check, checked_at,
    created_at, updated_at,
    case
        when ended_at is not null or ends_at <= $2 then 'ended'
        when status = 'draft' and check_result is not null then 'checked'
        when status = 'approved' and starts_at <= $2 then 'active'
        else status end as status
from roadwork where roadwork_id = $1;

-- name: hold_roadwork
-- Keeps a roadwork ($1) as it is until the end of this transaction.
select roadwork_id from roadwork where roadwork_id = $1 for update;

-- name: hold_approvals
-- One approval at a time, in all gateways: two that isolate something only together must not both pass.
select pg_advisory_xact_lock(hashtextextended('lotse roadwork approvals', 0));

-- name: add_roadwork
-- Creates a draft; no row if there is one with this id.
insert into roadwork (roadwork_id, name, effect, speed_kmh, lanes_closed, vehicles, links, starts_at, ends_at, recurrence,
    time_zone)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (roadwork_id) do nothing
returning roadwork_id;

-- name: keep_check
-- What closing the links of a draft or an approved roadwork would do ($2), as computed at $3.
update roadwork set check_result = $2, checked_at = $3, updated_at = now() where roadwork_id = $1 returning roadwork_id;

-- name: approve_roadwork
-- From $2 on a draft has its effect, within its time.
update roadwork set status = 'approved', approved_at = $2, updated_at = now()
where roadwork_id = $1 and status = 'draft'
returning roadwork_id;

-- name: refuse_roadwork
-- Refuses a draft.
update roadwork set status = 'refused', updated_at = now() where roadwork_id = $1 and status = 'draft'
returning roadwork_id;

-- name: end_roadwork
-- Ends a roadwork at $2; no row if it was over by then, or refused.
update roadwork set status = 'ended', ended_at = $2, updated_at = now()
where roadwork_id = $1 and status in ('draft', 'approved') and (ends_at is null or ends_at > $2)
returning roadwork_id;

-- name: hold_imported
-- Those imported from the feed $1 before, kept as they are until the end of this transaction.
select roadwork_id, source_id, status, name, effect, speed_kmh, lanes_closed, links, starts_at, ends_at, confidence, doubts
from roadwork where source = $1
order by roadwork_id
for update;

-- name: put_imported
-- Keeps a roadwork of the feed $2, with the id $3 there, as a draft; a draft it was follows the feed, unchecked again.
insert into roadwork (roadwork_id, source, source_id, name, effect, speed_kmh, lanes_closed, links, starts_at, ends_at,
    confidence, doubts, complaints)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (roadwork_id) do update set
    name = excluded.name, effect = excluded.effect, speed_kmh = excluded.speed_kmh, lanes_closed = excluded.lanes_closed,
    links = excluded.links, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
    confidence = excluded.confidence, doubts = excluded.doubts, complaints = excluded.complaints,
    check_result = null, checked_at = null, updated_at = now()
where roadwork.status = 'draft' and roadwork.source = excluded.source and roadwork.source_id = excluded.source_id
returning roadwork_id;
