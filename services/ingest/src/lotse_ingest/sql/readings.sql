-- SQL of ingest. Rows travel as one array per column.

-- name: ensure_partition
-- Makes sure that readings of this UTC day have a place.
select ensure_partition('reading', $1)

-- name: insert_readings
-- Stores readings, one row a key, and gives the keys that the table did not have before. The first value wins.
insert into reading (
    detector_id, measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct,
    corrected_vehicle_count, corrected_mean_speed_kmh, corrected_occupancy_pct, rule_codes, quality_pct, seq,
    received_at
)
select detector_id, measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct,
       corrected_vehicle_count, corrected_mean_speed_kmh, corrected_occupancy_pct,
       string_to_array(rule_codes, ','), quality_pct, seq, received_at
from unnest(
    $1::text[], $2::timestamptz[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
    $8::float8[], $9::float8[], $10::float8[], $11::text[], $12::float8[], $13::bigint[], $14::timestamptz[]
) as fresh (
    detector_id, measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct,
    corrected_vehicle_count, corrected_mean_speed_kmh, corrected_occupancy_pct, rule_codes, quality_pct, seq,
    received_at
)
on conflict do nothing
returning detector_id, measured_at

-- name: allow_decompression
-- TimescaleDB refuses to open many compressed rows at once unless told so; late corrections of a fleet are many.
select set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)

-- name: insert_corrections
-- Keeps re-sent intervals whose raw values differ from what was known last: the newest correction, or the reading.
-- Several for one interval are compared in the order in which they were received; the newest goes to the reading, too,
-- judged, for history ($8 to $12). All lie from $15 to $16, which says in which chunks to look.
-- The reading is updated by an insert that always conflicts: an update by join would open every compressed chunk.
with resent as (
    select *
    from unnest(
        $1::text[], $2::timestamptz[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
        $8::float8[], $9::float8[], $10::float8[], $11::text[], $12::float8[], $13::bigint[], $14::timestamptz[]
    ) with ordinality as fresh (
        detector_id, measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct,
        revised_vehicle_count, revised_mean_speed_kmh, revised_occupancy_pct, rule_codes, revised_quality_pct, seq,
        received_at, ordinal
    )
),
known as (
    select k.detector_id, k.measured_at,
           coalesce(c.interval_s, k.interval_s) as interval_s,
           case when c.interval_s is null then k.vehicle_count else c.vehicle_count end as vehicle_count,
           case when c.interval_s is null then k.heavy_count else c.heavy_count end as heavy_count,
           case when c.interval_s is null then k.mean_speed_kmh else c.mean_speed_kmh end as mean_speed_kmh,
           case when c.interval_s is null then k.occupancy_pct else c.occupancy_pct end as occupancy_pct
    from (select distinct detector_id, measured_at from resent) as asked
    join reading k using (detector_id, measured_at)
    left join lateral (
        select * from reading_correction c
        where c.detector_id = asked.detector_id and c.measured_at = asked.measured_at
        order by c.correction_id desc limit 1
    ) c on true
    where k.measured_at between $15 and $16
),
series as (
    select detector_id, measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct,
           null::float8 as revised_vehicle_count, null::float8 as revised_mean_speed_kmh,
           null::float8 as revised_occupancy_pct, null::text as rule_codes, null::float8 as revised_quality_pct,
           null::bigint as seq, null::timestamptz as received_at, 0 as ordinal
    from known
    union all
    select * from resent
),
compared as (
    select *,
           array[interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct] is distinct from
           lag(array[interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct])
               over (partition by detector_id, measured_at order by ordinal) as differs
    from series
),
correction as (
    select *, count(*) over (partition by detector_id, measured_at) as times
    from compared
    where differs and ordinal > 0
),
kept as (
    insert into reading_correction (
        detector_id, measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct,
        rule_codes, seq, received_at
    )
    select detector_id, measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct,
           string_to_array(rule_codes, ','), seq, received_at
    from correction
    order by detector_id, measured_at, ordinal
)
insert into reading as held (
    detector_id, measured_at, interval_s, received_at, revision, revised_interval_s, revised_vehicle_count,
    revised_heavy_count, revised_mean_speed_kmh, revised_occupancy_pct, revised_rule_codes, revised_quality_pct
)
select distinct on (detector_id, measured_at)
       detector_id, measured_at, interval_s, received_at, times, interval_s, revised_vehicle_count,
       heavy_count, revised_mean_speed_kmh, revised_occupancy_pct, string_to_array(rule_codes, ','),
       revised_quality_pct
from correction
order by detector_id, measured_at, ordinal desc
on conflict (detector_id, measured_at) do update set
    revision = coalesce(held.revision, 0) + excluded.revision,
    revised_interval_s = excluded.revised_interval_s,
    revised_vehicle_count = excluded.revised_vehicle_count,
    revised_heavy_count = excluded.revised_heavy_count,
    revised_mean_speed_kmh = excluded.revised_mean_speed_kmh,
    revised_occupancy_pct = excluded.revised_occupancy_pct,
    revised_rule_codes = excluded.revised_rule_codes,
    revised_quality_pct = excluded.revised_quality_pct

-- name: upsert_detector_state
-- Newest accepted reading of each detector; rows come sorted by detector and one a detector.
insert into detector_state as held (
    detector_id, measured_at, interval_s, vehicle_count, mean_speed_kmh, occupancy_pct, rule_codes, quality_pct,
    received_at
)
select detector_id, measured_at, interval_s, vehicle_count, mean_speed_kmh, occupancy_pct,
       string_to_array(rule_codes, ','), quality_pct, received_at
from unnest(
    $1::text[], $2::timestamptz[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::text[],
    $8::float8[], $9::timestamptz[]
) as newest (
    detector_id, measured_at, interval_s, vehicle_count, mean_speed_kmh, occupancy_pct, rule_codes, quality_pct,
    received_at
)
on conflict (detector_id) do update set
    measured_at = excluded.measured_at,
    interval_s = excluded.interval_s,
    vehicle_count = excluded.vehicle_count,
    mean_speed_kmh = excluded.mean_speed_kmh,
    occupancy_pct = excluded.occupancy_pct,
    rule_codes = excluded.rule_codes,
    quality_pct = excluded.quality_pct,
    received_at = excluded.received_at
where held.measured_at < excluded.measured_at

-- name: upsert_dead_letters
-- Keeps dead letters, one row a digest, and tells how often each has been received so far.
insert into rejected_message as held (
    digest, kind, topic, payload, reason_code, reason, detector_id, received_at, times_received, payload_bytes,
    measured_at, seq
)
select * from unnest(
    $1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
    $9::bigint[], $10::bigint[], $11::timestamptz[], $12::bigint[]
)
on conflict (digest) do update set times_received = held.times_received + excluded.times_received
returning digest, times_received

-- name: add_to_ledger
-- Adds to the accounts; rows come sorted by hour and detector.
insert into ingest_ledger as held (hour, detector_id, received, stored, duplicate, quarantined, rejected)
select * from unnest(
    $1::timestamptz[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]
)
on conflict (hour, detector_id) do update set
    received = held.received + excluded.received,
    stored = held.stored + excluded.stored,
    duplicate = held.duplicate + excluded.duplicate,
    quarantined = held.quarantined + excluded.quarantined,
    rejected = held.rejected + excluded.rejected

-- name: insert_watermarks
-- Data time advanced; in the transaction of, or after, the readings before it.
insert into watermark (covers_until, committed_at)
select covers_until, now() from unnest($1::timestamptz[]) as fresh (covers_until)
order by covers_until
on conflict do nothing

-- name: newest_watermark
-- Where data time stands.
select max(covers_until) from watermark
