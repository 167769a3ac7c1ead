-- What routing knows of corridors: table corridor_check is its own, table corridor the gateway's.

-- name: corridors_via
-- What corridors were resolved from.
select corridor_id, via from corridor where via is not null and retired_at is null order by corridor_id

-- name: write_corridor_checks
-- Write the newest check of every corridor down, a JSON array of them ($1); those of corridors that are gone, too, go.
with checked as (
    select corridor_id, network_version, status, problem,
        array(select jsonb_array_elements_text(links)) as links,
        array(select jsonb_array_elements_text(vehicles)) as vehicles,
        case when resolves_to <> 'null' then array(select jsonb_array_elements_text(resolves_to)) end as resolves_to
    from jsonb_to_recordset($1::jsonb) as row (
        corridor_id text, links jsonb, vehicles jsonb, network_version text, status text, problem text, resolves_to jsonb
    )
), gone as (
    delete from corridor_check where not exists (
        select from checked where checked.corridor_id = corridor_check.corridor_id
    )
)
insert into corridor_check (corridor_id, links, vehicles, network_version, status, problem, resolves_to, checked_at)
select corridor_id, links, vehicles, network_version, status, problem, resolves_to, now() from checked
on conflict (corridor_id) do update set
    links = excluded.links, vehicles = excluded.vehicles, network_version = excluded.network_version,
    status = excluded.status, problem = excluded.problem, resolves_to = excluded.resolves_to, checked_at = excluded.checked_at
