-- Networks: written by the imports, read at every start of routing.

-- name: lock_networks
-- One import at a time: two that activate different versions would otherwise meet in the index network_one_active.
lock table network in share row exclusive mode

-- name: insert_network
-- A version that is there already only gets its new name and source. Tells whether the row is new.
insert into network (network_version, name, source, drives_on, imported_at, summary)
values ($1, $2, $3, $4, $5, $6)
on conflict (network_version) do update
set name = excluded.name, source = excluded.source, summary = excluded.summary
returning (xmax = 0) as is_new

-- name: deactivate_others
-- Before the activation: only one network may be active at any moment.
update network set is_active = false where is_active and network_version <> $1

-- name: activate
-- Routing follows at its next hint.
update network set is_active = true where network_version = $1 and not is_active

-- name: active_network
-- The network in force, if any.
select network_version, name, source, drives_on from network where is_active

-- name: junctions
-- All junctions of one version.
select node_id, lon, lat from junction where network_version = $1

-- name: links
-- All links of one version.
select link_id, from_node, to_node, name, ref, road_class, length_m, free_flow_kmh, speed_source, lanes, access,
    truck_access, bus_access, emergency_access, max_height_m, max_weight_t, ways, coordinates
from link where network_version = $1

-- name: banned_turns
-- All banned turns of one version.
select links, vehicles, during from banned_turn where network_version = $1

-- name: conditions
-- Access that differs at certain times, of one version.
select link_id, vehicles, access, during from link_condition where network_version = $1

-- name: registered
-- What stands on links or at junctions: the gateway's nouns, those in use at $1. All are for cars, corridors for whom they
-- are approved.
select 'detector' as kind, detector_id as noun_id, array[link_id] as links, '' as node_id, lon, lat,
    '{car}'::text[] as vehicles
from detector
where link_id is not null
union all
select 'sign', sign_id, array[link_id], '', lon, lat, '{car}' from sign where retired_at is null
union all
select 'destination', destination_id, '{}', node_id, null, null, '{car}' from destination
union all
select 'corridor', corridor_id, links, '', null, null, vehicles from corridor where retired_at is null
union all
select 'roadwork', roadwork_id, links, '', null, null, '{car}'
from roadwork
where status in ('draft', 'approved') and coalesce(least(ends_at, ended_at), 'infinity') > $1
order by kind, noun_id
