-- Owned by the gateway: whom a corridor is approved for. All there were before were looked at, and so approved, for cars.
alter table corridor add column vehicles text[] not null default '{car}' check (cardinality(vehicles) > 0);

-- Owned by routing: the classes that a check looked at. It holds for these only, as for the links.
alter table corridor_check add column vehicles text[] not null default '{car}' check (cardinality(vehicles) > 0);

create or replace view corridor_finding as
select corridor_id, links, status, problem, resolves_to, vehicles
from corridor_check join network using (network_version) where is_active;
