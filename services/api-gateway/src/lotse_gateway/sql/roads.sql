-- Links of the active network with their state.

-- name: get_active_network
-- The network in force; no row before one was imported.
select network_version from network where is_active;

-- name: get_version_of_links
-- What links and their states are made of: another value whenever one of the two may be different.
select (select network_version from network where is_active) as network_version,
    (select version::text from link_state_version) as state_version;

-- name: get_network_extent
-- The box around the junctions of the active network; nulls before one was imported.
select min(lon) as west, min(lat) as south, max(lon) as east, max(lat) as north
from junction join network using (network_version) where is_active;

-- name: list_link_features
-- GeoJSON features, composed here so that a city's worth costs the gateway's event loop next to nothing.
-- Of the active network, after the link id $1; within the box $2..$5 (min lon, min lat, max lon, max lat; null: anywhere);
-- with a level of service among $6 (null: any); at most $7. States are those of now, or the JSON array $8 of past ones.
with state as (
    select link_id, observed_at, speed_kmh, level_of_service, confidence, source, detectors
    from link_state
    where $8::jsonb is null
    union all
    select link_id, observed_at, speed_kmh, level_of_service, confidence, source, '{}'
    from jsonb_to_recordset($8::jsonb) as past (
        link_id text, observed_at timestamptz, speed_kmh float8, level_of_service text, confidence float8, source text
    )
)
select l.link_id,
    json_build_object(
        'type', 'Feature',
        'id', l.link_id,
        'geometry', json_build_object('type', 'LineString', 'coordinates', shape.points),
        'properties', json_build_object(
            'link_id', l.link_id, 'from_node', l.from_node, 'to_node', l.to_node, 'name', l.name, 'ref', l.ref,
            'ways', l.ways, 'road_class', l.road_class, 'length_m', l.length_m, 'lanes', l.lanes, 'access', l.access,
            'truck_access', l.truck_access, 'bus_access', l.bus_access, 'emergency_access', l.emergency_access,
            'max_height_m', l.max_height_m, 'max_weight_t', l.max_weight_t,
            'free_flow_kmh', l.free_flow_kmh,
            'level_of_service', coalesce(s.level_of_service, 'unknown'),
            'speed_kmh', s.speed_kmh, 'confidence', s.confidence, 'source', s.source,
            'observed_at', to_char(s.observed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'detectors', coalesce(s.detectors, '{}')
        )
    )::text as feature
from link l
join network n on n.network_version = l.network_version and n.is_active
left join state s on s.link_id = l.link_id
cross join lateral (
    select json_agg(json_build_array(l.coordinates[i], l.coordinates[i + 1]) order by i) as points,
        min(l.coordinates[i]) as min_lon, min(l.coordinates[i + 1]) as min_lat,
        max(l.coordinates[i]) as max_lon, max(l.coordinates[i + 1]) as max_lat
    from generate_series(1, cardinality(l.coordinates), 2) as i
) shape
where ($1::text is null or l.link_id > $1)
    and ($2::float8 is null
        or (shape.max_lon >= $2 and shape.max_lat >= $3::float8
            and shape.min_lon <= $4::float8 and shape.min_lat <= $5::float8))
    and ($6::text[] is null or coalesce(s.level_of_service, 'unknown') = any($6))
order by l.link_id
limit $7;

-- name: get_network_version
-- The version $1 ('active': that in force), if there is such a network.
select network_version from network where network_version = $1 or (is_active and $1 = 'active');

-- name: get_network_links
-- What stays of the links of the network $1, as one JSON object of columns in the order of link
-- ids, composed here as above.
select n.network_version,
    (
        select json_build_object(
            'network_version', n.network_version,
            'attribution', case when count(*) filter (where l.ways <> '{}') > 0 then '© OpenStreetMap' end,
            'link_id', coalesce(json_agg(l.link_id order by l.link_id), '[]'),
            'from_node', coalesce(json_agg(l.from_node order by l.link_id), '[]'),
            'to_node', coalesce(json_agg(l.to_node order by l.link_id), '[]'),
            'name', coalesce(json_agg(l.name order by l.link_id), '[]'),
            'ref', coalesce(json_agg(l.ref order by l.link_id), '[]'),
            'road_class', coalesce(json_agg(l.road_class order by l.link_id), '[]'),
            'length_m', coalesce(json_agg(l.length_m order by l.link_id), '[]'),
            'lanes', coalesce(json_agg(l.lanes order by l.link_id), '[]'),
            'free_flow_kmh', coalesce(json_agg(l.free_flow_kmh order by l.link_id), '[]'),
            'coordinates', coalesce(json_agg(l.coordinates order by l.link_id), '[]')
        )::text
        from link l where l.network_version = n.network_version
    ) as links
from network n
where n.network_version = $1;

-- name: list_networks
-- Networks, newest first, before the moment $1 and version $2 (null: from the newest), or only that with the version $3
-- ('active': that in force); at most $4.
select n.network_version, n.name, n.source, n.imported_at, n.is_active, size.junctions, size.bbox,
    (select count(*) from link l where l.network_version = n.network_version) as links
from network n
cross join lateral (
    select count(*) as junctions,
        case when count(*) > 0 then array[min(j.lon), min(j.lat), max(j.lon), max(j.lat)] end as bbox
    from junction j where j.network_version = n.network_version
) as size
where ($1::timestamptz is null or (n.imported_at, n.network_version) < ($1, $2::text))
    and ($3::text is null or n.network_version = $3 or (n.is_active and $3 = 'active'))
order by n.imported_at desc, n.network_version desc
limit $4;

-- name: list_lines
-- The lines of those of the links $1 that the active network has: lon, lat, lon, lat, ...
select link_id, coordinates from link join network using (network_version) where is_active and link_id = any($1::text[]);
