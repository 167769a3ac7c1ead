-- SQL of judgement: what is expected of detectors, what was stored of them before, their health, alarms.

-- name: list_sites
-- What is expected of every registered detector.
select detector_id, lanes, interval_s, max_speed_kmh, max_flow_vehh_per_lane, fast_kmh, full_pct, locked_on_s,
    stuck_intervals, future_tolerance_s, neighbours, failed_at
from detector

-- name: find_sites
-- The same for some detectors; those that are not registered are left out.
select detector_id, lanes, interval_s, max_speed_kmh, max_flow_vehh_per_lane, fast_kmh, full_pct, locked_on_s,
    stuck_intervals, future_tolerance_s, neighbours, failed_at
from detector where detector_id = any($1::text[])

-- name: recall_readings
-- The newest readings of some detectors ($1), each after a moment of its own ($2), of which $3 is the earliest; at most
-- $4 of each. In the order received, so that they are judged as they were.
select r.detector_id, r.measured_at, r.interval_s, r.vehicle_count, r.heavy_count, r.mean_speed_kmh, r.occupancy_pct,
    'R10' = any(r.rule_codes) as was_failed
from unnest($1::text[], $2::timestamptz[]) as asked (detector_id, since)
cross join lateral (
    select *
    from reading
    where detector_id = asked.detector_id and measured_at > asked.since and measured_at > $3
    order by measured_at desc
    limit $4
) r
where not 'U1' = any(r.rule_codes)
order by r.received_at, r.measured_at

-- name: recall_clocks
-- How far the clocks of some detectors were ahead.
select detector_id, skew_s from detector_health where detector_id = any($1::text[])

-- name: save_health
-- Keeps what was learned of detectors; rows come sorted by detector. Whoever is heard is not silent.
insert into detector_health as held (detector_id, last_received_at, last_measured_at, skew_s, is_clock_off)
select * from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::float8[], $5::boolean[])
on conflict (detector_id) do update set
    last_received_at = greatest(held.last_received_at, excluded.last_received_at),
    last_measured_at = greatest(held.last_measured_at, excluded.last_measured_at),
    skew_s = coalesce(excluded.skew_s, held.skew_s),
    is_clock_off = excluded.is_clock_off,
    silent_since = null

-- name: report_slot
-- This replica ($1) lives, and listens or not ($2). One that was not seen for $3 has not listened meanwhile.
insert into ingest_slot as held (slot, seen_at, is_attentive, since)
values ($1, clock_timestamp(), $2, clock_timestamp())
on conflict (slot) do update set
    seen_at = excluded.seen_at,
    is_attentive = excluded.is_attentive,
    since = case
        when held.is_attentive = excluded.is_attentive
            and (not held.is_attentive or held.seen_at > excluded.seen_at - $3::interval) then held.since
        else excluded.since end

-- name: forget_slot
-- A replica that was drained is no more.
delete from ingest_slot where slot = $1

-- name: list_slots
-- Replicas, and since when each has listened or not; one that was not seen for $1 does not.
select slot,
    is_attentive and seen_at > clock_timestamp() - $1::interval as is_listening,
    case when is_attentive and seen_at <= clock_timestamp() - $1::interval then seen_at else since end as since,
    clock_timestamp() as now
from ingest_slot
order by slot

-- name: try_watch
-- Be the one that watches, until this transaction ends.
select pg_try_advisory_xact_lock($1)

-- name: list_overdue
-- Detectors that ought to have spoken by $1 on Lotse's clock: registered, not failed by hand, heard before. Silent after
-- $2 intervals (or its own number) and at least $3 s; overdue an interval before. Silence does not count before $4 (null:
-- all does), nor before the last alarm of the fleet was over. In data time ($5) it is told by measured_at.
with heard as (
    select detector_id, heard_at, silent_after_s,
        greatest(silent_after_s - interval_s, least(silent_after_s, 1.5 * interval_s)) as overdue_after_s
    from (
        select d.detector_id, d.interval_s,
            case when $5 then h.last_measured_at else h.last_received_at end as heard_at,
            greatest(d.interval_s * coalesce(d.silent_intervals, $2), $3) as silent_after_s
        from detector d join detector_health h using (detector_id)
        where d.failed_at is null
    ) each
    where heard_at is not null
),
aged as (
    select heard.*,
        extract(epoch from $1 - heard_at) as silent_s,
        extract(epoch from $1 - greatest(heard_at, $4, fleet.back_at)) as blamed_s,
        exists (
            select from alarm
            where kind = 'silent_detector' and subject = detector_id and cleared_at is null
        ) as has_alarm
    from heard, (select max(cleared_at) as back_at from alarm where kind = 'silent_fleet') fleet
),
overdue as (
    select detector_id, heard_at, silent_s >= silent_after_s as is_silent, blamed_s >= overdue_after_s as is_counted,
        blamed_s >= silent_after_s as is_blamed, has_alarm
    from aged
    where silent_s >= overdue_after_s
)
select overdue.*,
    (select count(*) from heard where heard_at > (select max(heard_at) from overdue where not has_alarm)) as speaking
from overdue
order by detector_id

-- name: mark_silent
-- Notes since when detectors ($1) have been silent ($2).
with marked as materialized (
    select h.detector_id, asked.heard_at
    from detector_health h
    join unnest($1::text[], $2::timestamptz[]) as asked (detector_id, heard_at) using (detector_id)
    where h.silent_since is null
    order by h.detector_id
    for update of h
)
update detector_health h set silent_since = marked.heard_at from marked where h.detector_id = marked.detector_id

-- name: has_open_alarm
-- Tells whether the alarm of a kind ($1) that has no subject is up.
select exists (select from alarm where kind = $1 and subject = '' and cleared_at is null)

-- name: raise_alarms
-- Raises alarms ($1: kinds, $2: subjects, $3: messages) at $4, unless they are up already.
insert into alarm (kind, subject, message, raised_at)
select kind, subject, message, $4 from unnest($1::text[], $2::text[], $3::text[]) as fresh (kind, subject, message)
order by kind, subject
on conflict (kind, subject) where cleared_at is null do nothing
returning kind, subject, message

-- name: clear_alarms
-- Clears alarms of the kind $1 at $3, but for those of the subjects $2.
update alarm set cleared_at = $3
where kind = $1 and cleared_at is null and subject <> all($2::text[])
returning kind, subject, message
