-- The four registered nouns: list (keyset paging), get, put (one or many, all or nothing).
-- put_*: $1 is an array of objects with the columns' names; $2 tells whether a row that exists is replaced. A row that
-- exists and is not replaced is not returned. Rows go in by id, so that two writers cannot deadlock. Those that have versions
-- begin behind the last one that the trail knows of them, and get the next one if more than `updated_at` changes.
-- (xmax = 0) is PostgreSQL's mark of a row version that was inserted, not updated.

-- name: hold_writes
-- Keeps other writers of the noun $1 waiting until the transaction ends: what is not there yet has no row to be held.
select pg_advisory_xact_lock(hashtextextended('registry ' || $1, 0));

-- name: list_detector
-- Detectors after the id $1, at most $2; within the box $3..$6 (min lon, min lat, max lon, max lat; null: anywhere), by
-- their place, else by their link.
select detector_id, name, link_id, lon, lat, lanes, interval_s, max_speed_kmh, max_flow_vehh_per_lane, fast_kmh, full_pct,
    locked_on_s, stuck_intervals, silent_intervals, future_tolerance_s, neighbours, failed_at, failed_reason, updated_at
from detector
where ($1::text is null or detector_id > $1)
    and ($3::float8 is null or case
        when lon is not null and lat is not null
            then lon between $3 and $5::float8 and lat between $4::float8 and $6::float8
        else exists (
            select from link l join network n using (network_version)
            where n.is_active and l.link_id = detector.link_id and touches_box(l.coordinates, $3, $4, $5, $6)
        ) end)
order by detector_id limit $2;

-- name: get_detector
-- One detector.
select detector_id, name, link_id, lon, lat, lanes, interval_s, max_speed_kmh, max_flow_vehh_per_lane, fast_kmh, full_pct,
    locked_on_s, stuck_intervals, silent_intervals, future_tolerance_s, neighbours, failed_at, failed_reason, updated_at
from detector where detector_id = $1;

-- name: hold_registered_detector
-- Keeps one ($1) from other writers until the transaction ends.
select detector_id from detector where detector_id = $1 for update;

-- name: put_detector
-- Creates or replaces detectors. One that an operator holds to be failed stays so.
insert into detector as present (
    detector_id, name, link_id, lon, lat, lanes, interval_s, max_speed_kmh, max_flow_vehh_per_lane, fast_kmh, full_pct,
    locked_on_s, stuck_intervals, silent_intervals, future_tolerance_s, neighbours
)
select detector_id, name, link_id, lon, lat, lanes, interval_s, max_speed_kmh, max_flow_vehh_per_lane, fast_kmh, full_pct,
    locked_on_s, stuck_intervals, silent_intervals, future_tolerance_s, neighbours
from jsonb_populate_recordset(null::detector, $1::jsonb) order by detector_id
on conflict (detector_id) do update set
    name = excluded.name, link_id = excluded.link_id, lon = excluded.lon, lat = excluded.lat, lanes = excluded.lanes,
    interval_s = excluded.interval_s, max_speed_kmh = excluded.max_speed_kmh,
    max_flow_vehh_per_lane = excluded.max_flow_vehh_per_lane, fast_kmh = excluded.fast_kmh, full_pct = excluded.full_pct,
    locked_on_s = excluded.locked_on_s, stuck_intervals = excluded.stuck_intervals,
    silent_intervals = excluded.silent_intervals, future_tolerance_s = excluded.future_tolerance_s,
    neighbours = excluded.neighbours, updated_at = now()
where $2
returning present.detector_id, present.name, present.link_id, present.lon, present.lat, present.lanes, present.interval_s,
    present.max_speed_kmh, present.max_flow_vehh_per_lane, present.fast_kmh, present.full_pct, present.locked_on_s,
    present.stuck_intervals, present.silent_intervals, present.future_tolerance_s, present.neighbours,
    present.failed_at, present.failed_reason, present.updated_at, (present.xmax = 0) as is_created;

-- name: list_destination
-- Destinations after the id $1.
select destination_id, name, sign_text, node_id, updated_at, version
from destination where $1::text is null or destination_id > $1 order by destination_id limit $2;

-- name: get_destination
-- One destination.
select destination_id, name, sign_text, node_id, updated_at, version from destination where destination_id = $1;

-- name: hold_registered_destination
-- Keeps one ($1) from other writers until the transaction ends.
select destination_id from destination where destination_id = $1 for update;

-- name: put_destination
-- Creates or replaces destinations.
insert into destination as present (destination_id, name, sign_text, node_id, version)
select destination_id, name, sign_text, node_id, next_version('destination', destination_id)
from jsonb_populate_recordset(null::destination, $1::jsonb) order by destination_id
on conflict (destination_id) do update set
    name = excluded.name, sign_text = excluded.sign_text, node_id = excluded.node_id, updated_at = now(),
    version = version_after(to_jsonb(present), to_jsonb(excluded))
where $2
returning present.*, (present.xmax = 0) as is_created;

-- name: list_sign
-- Signs after the id $1, retired ones too, at most $2; within the box $3..$6 as detectors.
select sign_id, name, link_id, lon, lat, line_count, line_chars, destinations, fallback, priority, mode, charset,
    retired_at, updated_at, version
from sign
where ($1::text is null or sign_id > $1)
    and ($3::float8 is null or case
        when lon is not null and lat is not null
            then lon between $3 and $5::float8 and lat between $4::float8 and $6::float8
        else exists (
            select from link l join network n using (network_version)
            where n.is_active and l.link_id = sign.link_id and touches_box(l.coordinates, $3, $4, $5, $6)
        ) end)
order by sign_id limit $2;

-- name: get_sign
-- One sign.
select sign_id, name, link_id, lon, lat, line_count, line_chars, destinations, fallback, priority, mode, charset,
    retired_at, updated_at, version
from sign where sign_id = $1;

-- name: hold_registered_sign
-- Keeps one ($1) from other writers until the transaction ends.
select sign_id from sign where sign_id = $1 for update;

-- name: put_sign
-- Creates or replaces signs; one that was retired is taken back into service, unless told otherwise.
insert into sign as present
    (sign_id, name, link_id, lon, lat, line_count, line_chars, destinations, fallback, priority, mode, charset, retired_at,
    version)
select sign_id, name, link_id, lon, lat, line_count, line_chars, destinations, fallback, priority, mode, charset, retired_at,
    next_version('sign', sign_id)
from jsonb_populate_recordset(null::sign, $1::jsonb) order by sign_id
on conflict (sign_id) do update set
    name = excluded.name, link_id = excluded.link_id, lon = excluded.lon, lat = excluded.lat,
    line_count = excluded.line_count, line_chars = excluded.line_chars, destinations = excluded.destinations,
    fallback = excluded.fallback, priority = excluded.priority, mode = excluded.mode, charset = excluded.charset,
    retired_at = excluded.retired_at, updated_at = now(), version = version_after(to_jsonb(present), to_jsonb(excluded))
where $2
returning present.*, (present.xmax = 0) as is_created;

-- name: retire_sign
-- Retires a sign that was not; no row otherwise.
update sign set retired_at = now(), updated_at = now(), version = version + 1
where sign_id = $1 and retired_at is null
returning sign_id;

-- name: list_corridor
-- Corridors after the id $1, retired ones too, at most $2; with a link in the box $3..$6 (null: anywhere); with what routing found of their links and vehicles in the active network.
select corridor_id, name, links, via, vehicles, signs, destinations, retired_at, updated_at, version,
    coalesce(status, 'unchecked') as status, problem, resolves_to
from corridor left join corridor_finding using (corridor_id, links, vehicles)
where ($1::text is null or corridor_id > $1)
    and ($3::float8 is null or exists (
        select from link l join network n using (network_version)
        where n.is_active and l.link_id = any(corridor.links)
            and touches_box(l.coordinates, $3, $4::float8, $5::float8, $6::float8)
    ))
order by corridor_id limit $2;

-- name: get_corridor
-- One corridor, with the same.
select corridor_id, name, links, via, vehicles, signs, destinations, retired_at, updated_at, version,
    coalesce(status, 'unchecked') as status, problem, resolves_to
from corridor left join corridor_finding using (corridor_id, links, vehicles) where corridor_id = $1;

-- name: hold_registered_corridor
-- Keeps one ($1) from other writers until the transaction ends.
select corridor_id from corridor where corridor_id = $1 for update;

-- name: put_corridor
-- Creates or replaces corridors; one that was retired is taken back into service, unless told otherwise. What routing found is shown where their links and vehicles stay the same.
with written as (
    insert into corridor as present (corridor_id, name, links, via, vehicles, signs, destinations, retired_at, version)
    select corridor_id, name, links, via, vehicles, signs, destinations, retired_at, next_version('corridor', corridor_id)
    from jsonb_populate_recordset(null::corridor, $1::jsonb) order by corridor_id
    on conflict (corridor_id) do update set
        name = excluded.name, links = excluded.links, via = excluded.via, vehicles = excluded.vehicles,
        signs = excluded.signs, destinations = excluded.destinations, retired_at = excluded.retired_at, updated_at = now(),
        version = version_after(to_jsonb(present), to_jsonb(excluded))
    where $2
    returning present.*, (present.xmax = 0) as is_created
)
select corridor_id, name, links, via, vehicles, signs, destinations, retired_at, updated_at, version,
    coalesce(status, 'unchecked') as status, problem, resolves_to, is_created
from written left join corridor_finding using (corridor_id, links, vehicles) order by corridor_id;

-- name: retire_corridor
-- Retires a corridor that was not; no row otherwise.
update corridor set retired_at = now(), updated_at = now(), version = version + 1
where corridor_id = $1 and retired_at is null
returning corridor_id;

-- name: list_versions
-- Versions of the $1 (sign, destination, corridor) with the id $2 before the version $3 (null: from the newest), newest
-- first, at most $4; by which key (null: the trail does not tell).
select version, saved_at, author, content from registry_version
where noun = $1 and noun_id = $2 and ($3::bigint is null or version < $3)
order by version desc limit $4;

-- name: find_known
-- Those of the ids asked for that exist: links ($1) and junctions ($2) of the active network, signs ($3),
-- destinations ($4), detectors ($5). For links, the junctions they join.
select 'link' as kind, link_id as id, from_node, to_node
from link join network using (network_version) where is_active and link_id = any($1::text[])
union all
select 'junction', node_id, null, null
from junction join network using (network_version) where is_active and node_id = any($2::text[])
union all
select 'sign', sign_id, null, null from sign where sign_id = any($3::text[])
union all
select 'destination', destination_id, null, null from destination where destination_id = any($4::text[])
union all
select 'detector', detector_id, null, null from detector where detector_id = any($5::text[]);
