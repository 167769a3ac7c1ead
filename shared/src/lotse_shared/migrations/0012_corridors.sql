-- Owned by the gateway: what a corridor's links were found from, [{"link": ...} or {"point": [lon, lat]} or {"node": ...}].
alter table corridor add column via jsonb;   -- null: its links were given

-- Owned by routing: whether corridors can be driven in the network in force. A row holds for the links it names only.
create table corridor_check (
    corridor_id text primary key,
    links text[] not null,             -- those that were looked at
    network_version text not null,
    status text not null check (status in ('sound', 'limited', 'broken')),
    problem text check ((status = 'sound') = (problem is null)),
    resolves_to text[],                -- of a broken one: the links that it would have, resolved anew
    checked_at timestamptz not null default now()
);

create view corridor_finding as
select corridor_id, links, status, problem, resolves_to
from corridor_check join network using (network_version) where is_active;
