-- Owned by routing: who may drive where. Networks stored before say it for cars only: import them again.

delete from network;

alter table network add column drives_on text not null default 'right' check (drives_on in ('right', 'left'));

alter table link
    drop constraint link_access_check,
    alter column access drop default,
    add constraint link_access_check check (access in ('yes', 'destination', 'no')),   -- of cars
    add column truck_access text not null check (truck_access in ('yes', 'destination', 'no')),
    add column bus_access text not null check (bus_access in ('yes', 'destination', 'no')),
    add column emergency_access text not null check (emergency_access in ('yes', 'destination', 'no')),
    add column max_height_m double precision check (max_height_m > 0),   -- null: no limit
    add column max_weight_t double precision check (max_weight_t > 0);

drop table banned_turn;
create table banned_turn (
    network_version text not null references network on delete cascade,
    links text[] not null check (cardinality(links) >= 2),   -- head to tail: not to be driven one after the other
    vehicles text[] not null check (cardinality(vehicles) > 0),
    during text not null,              -- opening hours in local time; empty: always
    primary key (network_version, links, vehicles, during)
);

-- Access that differs at certain times.
create table link_condition (
    network_version text not null references network on delete cascade,
    link_id text not null,
    vehicles text[] not null check (cardinality(vehicles) > 0),
    access text not null check (access in ('yes', 'destination', 'no')),
    during text not null check (during <> ''),   -- opening hours in local time
    primary key (network_version, link_id, vehicles, access, during)
);
