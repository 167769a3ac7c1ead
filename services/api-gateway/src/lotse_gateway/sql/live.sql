-- What events are made from.

-- name: get_event_position
-- How far decisions go: the newest one, and the epoch in which ids are counted.
select coalesce((select epoch from planner), 1) as epoch, coalesce(max(decision_id), 0) as decision_id from decision;

-- name: list_decided
-- Decisions after the id $1 up to the id $2, in their order: what signs show from then on.
select sign_id, decision_id, epoch, seq, decided_at, state, lines, source
from decision where decision_id > $1 and decision_id <= $2 order by decision_id;

-- name: list_link_states
-- What is known of each link now, as it is told.
select link_id, level_of_service, speed_kmh, confidence, source from link_state;

-- name: get_link_states
-- The same as one JSON object of columns.
select json_build_object(
    'link_id', coalesce(json_agg(link_id order by link_id), '[]'),
    'level_of_service', coalesce(json_agg(level_of_service order by link_id), '[]'),
    'speed_kmh', coalesce(json_agg(round(speed_kmh::numeric, 1) order by link_id), '[]'),
    'confidence', coalesce(json_agg(round(confidence::numeric, 2) order by link_id), '[]'),
    'source', coalesce(json_agg(source order by link_id), '[]')
)::text as states
from link_state;

-- name: get_newest_reading
-- When the newest reading was measured; null: none was ever stored.
select max(measured_at) as measured_at from detector_state;

-- name: find_in_box
-- The links of the active network that touch the box $1..$4 (min lon, min lat, max lon, max lat), and the signs on them.
with inside as (
    select l.link_id
    from link l
    join network n on n.network_version = l.network_version and n.is_active
    where touches_box(l.coordinates, $1::float8, $2::float8, $3::float8, $4::float8)
)
select
    coalesce((select array_agg(link_id) from inside), '{}') as links,
    coalesce((select array_agg(sign_id) from sign where link_id in (select link_id from inside)), '{}') as signs;
