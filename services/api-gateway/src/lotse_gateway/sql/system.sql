-- The system as a whole.

-- name: get_system
-- What is in force and how much of it there is.
select
    (select row_to_json(storage) from storage_in_force() as storage)::jsonb as storage,
    (select jsonb_build_object(
        'version', network_version, 'name', name,
        'junctions', (select count(*) from junction j where j.network_version = network.network_version),
        'links', (select count(*) from link l where l.network_version = network.network_version))
        from network where is_active) as network,
    (select jsonb_build_object(
        'received', coalesce(sum(received), 0), 'stored', coalesce(sum(stored), 0),
        'duplicate', coalesce(sum(duplicate), 0), 'quarantined', coalesce(sum(quarantined), 0),
        'rejected', coalesce(sum(rejected), 0)) from ingest_ledger
        where hour > now() - interval '24 hours') as readings_24h,
    (select coalesce(jsonb_agg(jsonb_build_object(
        'slot', slot, 'seen_at', seen_at, 'is_listening', is_attentive and seen_at > now() - $1::interval) order by slot
        ), '[]') from ingest_slot) as ingest,
    (select count(*) from detector) as detectors,
    (select count(*) from link_state join link using (link_id) join network using (network_version)
        where is_active and link_state.source in ('measured', 'held', 'decayed')) as links_with_state,
    (select count(*) from sign where retired_at is null) as signs;
