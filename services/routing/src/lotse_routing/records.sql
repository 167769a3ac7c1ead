-- What is asked of the database for what-if questions: the past, and what a closure would touch.

-- name: history_begins
-- When the history of link states begins: looked for in its oldest piece that has any.
select oldest.observed_at
from list_chunks('link_state_history') as c
cross join lateral (
    select min(h.observed_at) as observed_at
    from link_state_history h
    where h.observed_at >= c.begins_at and h.observed_at < c.ends_at
) as oldest
where oldest.observed_at is not null
order by c.begins_at
limit 1;

-- name: states_then
-- What was known at $1 of the links $3 by their detectors: the newest since $2.
select then_known.*
from unnest($3::text[]) as asked (link_id)
cross join lateral (
    select h.link_id, h.observed_at, h.speed_kmh, h.level_of_service, h.confidence, h.source
    from link_state_history h
    where h.link_id = asked.link_id and h.observed_at > $2 and h.observed_at <= $1
        and h.source in ('measured', 'held', 'decayed')
    order by h.observed_at desc
    limit 1
) as then_known
order by then_known.link_id;

-- name: roadworks_then
-- Approved roadworks that may have been in force at $1: their hours are looked at afterwards.
select roadwork_id, name, effect, speed_kmh, lanes_closed, vehicles, links, starts_at, ends_at, ended_at, recurrence,
    time_zone
from effective_roadwork
where starts_at <= $1 and coalesce(least(ends_at, ended_at), 'infinity') > $1
order by roadwork_id;

-- name: roadwork
-- One that is not over at $2, whether or not it was approved; none that was refused.
select roadwork_id, name, effect, speed_kmh, lanes_closed, vehicles, links, starts_at, ends_at, ended_at, recurrence,
    time_zone
from roadwork
where roadwork_id = $1 and status <> 'refused' and coalesce(least(ends_at, ended_at), 'infinity') > $2;

-- name: counts
-- Every located detector with its newest reading (nulls: there is none); for those on the links $1 also the flow of the
-- hour before $3 and of the one around $2, from what they counted themselves (null: nothing).
with hour (name, begins_at, ends_at) as (
    values ('last', $3::timestamptz - interval '1 hour', $3::timestamptz),
        ('week before', $2::timestamptz - interval '30 minutes', $2::timestamptz + interval '30 minutes')
),
flow as (
    select q.detector_id, hour.name,
        3600 * sum(q.vehicle_count) filter (where q.substituted = 0)
            / nullif(sum(q.usable_s) filter (where q.substituted = 0), 0) as vehh
    from hour
    cross join lateral reading_15min(
        hour.begins_at, hour.ends_at, array(select detector_id from detector where link_id = any($1::text[]))
    ) q
    group by q.detector_id, hour.name
)
select d.detector_id, d.link_id, d.failed_at is not null as is_failed,
    s.measured_at, s.interval_s, s.vehicle_count, lately.vehh as last_hour_vehh, before.vehh as week_before_vehh
from detector d
left join detector_state s using (detector_id)
left join flow lately on lately.detector_id = d.detector_id and lately.name = 'last'
left join flow before on before.detector_id = d.detector_id and before.name = 'week before'
where d.link_id is not null
order by d.detector_id;

-- name: detours_in_force
-- What the signs in service show now, per destination.
select s.sign_id, newest.detours
from sign s
cross join lateral (
    select d.detours from decision d
    where d.sign_id = s.sign_id
    order by d.epoch desc, d.seq desc, d.decision_id desc
    limit 1
) newest
where s.retired_at is null
order by s.sign_id;
