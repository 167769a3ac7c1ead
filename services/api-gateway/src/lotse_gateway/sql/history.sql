-- History: aggregates of a quarter of an hour (reading_15min is the same on every storage), and what follows from them.

-- name: list_aggregates
-- Aggregates of the detector $1 measured in ($2, $3], in buckets of the unit $4 ('minute': the quarters themselves) of
-- the zone $5, after the one that began at $6 (null: from the first), at most $7.
select
    date_trunc($4, begins_at, $5) as begins_at,
    sum(readings)::bigint as readings,
    sum(vehicle_count) as vehicle_count,
    sum(heavy_count) as heavy_count,
    sum(speed_weighted_kmh) / nullif(sum(speed_weight), 0) as mean_speed_kmh,
    sum(occupancy_weighted_pct) / nullif(sum(occupancy_weight_s), 0) as occupancy_pct,
    sum(usable_s) as usable_s,
    sum(substituted)::bigint as substituted,
    sum(invalid)::bigint as invalid
from reading_15min(greatest($2::timestamptz, $6::timestamptz), $3, array[$1::text])
group by 1
having $6::timestamptz is null or date_trunc($4, begins_at, $5) > $6
order by 1
limit $7;

-- name: list_outages
-- Of the detector $1 on days ($2: their dates) that begin at $3 and end at $4; what can have been reported of them ends
-- one interval before $5 (null: not bounded). Before its first reading a detector was not in service: nothing elapsed.
with service as (
    select measured_at - make_interval(secs => interval_s) as begins_at
    from reading where detector_id = $1 order by measured_at limit 1
)
select $1::text as detector_id, day, elapsed_s, greatest(0, elapsed_s - usable_s) as outage_s
from unnest($2::date[], $3::timestamptz[], $4::timestamptz[]) as asked (day, begins_at, ends_at)
left join service on true
cross join lateral (
    select case when service.begins_at is null then 0 else greatest(0, extract(epoch from least(
        ends_at,
        $5::timestamptz - make_interval(secs => coalesce((select interval_s from detector where detector_id = $1), 60))
    ) - greatest(asked.begins_at, service.begins_at))) end::float8 as elapsed_s
) as so_far
cross join lateral (
    select coalesce(sum(q.usable_s), 0) as usable_s from reading_15min(asked.begins_at, ends_at, array[$1::text]) as q
) as measured
order by day;

-- name: list_outages_of_day
-- Of every registered detector on the day that begins at $1 and ends at $2, of what can have been reported until $3
-- (null: not bounded); with more than $4 s of it (null: all), after the detector $5 (null: from the first), at most $6.
-- Before its first reading a detector was not in service: nothing elapsed.
with measured as (
    select detector_id, sum(usable_s) as usable_s from reading_15min($1, $2, null) group by 1
),
outage as (
    select detector_id, elapsed_s, greatest(0, elapsed_s - coalesce(usable_s, 0)) as outage_s
    from detector
    left join measured using (detector_id)
    left join lateral (
        select measured_at - make_interval(secs => r.interval_s) as begins_at
        from reading r where r.detector_id = detector.detector_id order by measured_at limit 1
    ) as service on true
    cross join lateral (
        select case when service.begins_at is null then 0 else greatest(0, extract(epoch from
            least($2::timestamptz, $3::timestamptz - make_interval(secs => interval_s))
            - greatest($1::timestamptz, service.begins_at)
        )) end::float8 as elapsed_s
    ) as so_far
)
select detector_id, elapsed_s, outage_s
from outage
where ($4::float8 is null or outage_s > $4) and ($5::text is null or detector_id > $5)
order by detector_id
limit $6;

-- name: export_readings
-- Readings measured in ($1, $2], of the detectors $3 (null: of all), in the order in which they were measured.
select
    detector_id,
    to_char(measured_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as measured_at,
    interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct,
    corrected_vehicle_count, corrected_mean_speed_kmh, corrected_occupancy_pct,
    array_to_string(rule_codes, ' ') as rule_codes, coalesce(quality_pct, 100) as quality_pct,
    coalesce(revision, 0) as revision, revised_interval_s, revised_vehicle_count, revised_heavy_count,
    revised_mean_speed_kmh, revised_occupancy_pct, array_to_string(revised_rule_codes, ' ') as revised_rule_codes,
    case when revision is not null then coalesce(revised_quality_pct, 100) end as revised_quality_pct,
    seq,
    to_char(received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as received_at
from reading
where measured_at > $1::timestamptz and measured_at <= $2::timestamptz
    and ($3::text[] is null or detector_id = any ($3::text[]))
order by reading.measured_at, detector_id

-- name: allow_export
-- How long one statement of an export may take, in milliseconds.
select set_config('statement_timeout', $1, true);
