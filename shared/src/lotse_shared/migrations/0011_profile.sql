-- Owned by routing: what is usual on a link at each quarter of an hour of the week, learned as time passes.

create table link_profile (
    link_id text not null,
    weekday smallint not null check (weekday between 0 and 6),   -- 0 = Monday, in local time
    speeds_kmh real[] not null check (cardinality(speeds_kmh) = 96),   -- from midnight on, in local time
    weeks smallint[] not null check (cardinality(weeks) = 96),         -- behind each speed; 0: never seen
    learned_until timestamptz not null,   -- end of the newest quarter of the link that was learned
    primary key (link_id, weekday)
) with (fillfactor = 50);                 -- a row is written every quarter of an hour of its day: in place

-- Rises when the profile is built from history.
alter table planner add column profile_generation integer not null default 0;

comment on column link_state.source is
    'measured, held, decayed: by detectors of the link; neighbourhood, profile: an estimate, nobody measures it';
