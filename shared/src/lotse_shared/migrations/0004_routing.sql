-- Owned by routing: networks by content hash, what is known of each link, and every decision.

create table network (
    network_version text primary key,  -- sha-256 of the content, hexadecimal
    name text not null,
    source text not null,
    imported_at timestamptz not null,
    is_active boolean not null default false,
    summary jsonb not null default '{}'
);
create unique index network_one_active on network (is_active) where is_active;

create table junction (
    network_version text not null references network on delete cascade,
    node_id text not null,
    lon double precision not null,
    lat double precision not null,
    primary key (network_version, node_id)
);

create table link (
    network_version text not null references network on delete cascade,
    link_id text not null,             -- from_node-to_node-ordinal
    from_node text not null,
    to_node text not null,
    name text not null default '',
    ref text not null default '',
    road_class text not null,
    length_m double precision not null check (length_m > 0),
    free_flow_kmh double precision not null check (free_flow_kmh > 0),
    speed_source text not null,        -- tagged, class default, ...
    lanes smallint not null check (lanes > 0),
    access text not null default 'yes' check (access in ('yes', 'destination')),
    ways bigint[] not null default '{}',
    coordinates double precision[] not null,   -- lon, lat, lon, lat, ... from from_node to to_node
    primary key (network_version, link_id)
);

create table banned_turn (
    network_version text not null references network on delete cascade,
    from_link text not null,
    to_link text not null,
    primary key (network_version, from_link, to_link)
);

-- Current state of each link of which anything is known, and its history.
create table link_state (
    link_id text primary key,
    observed_at timestamptz not null,
    speed_kmh double precision not null,
    level_of_service text not null check (level_of_service in ('free', 'dense', 'slow', 'jam', 'unknown')),
    confidence double precision not null check (confidence between 0 and 1),
    source text not null,              -- measured, decayed, ...
    detectors text[] not null default '{}'
);

do $$
begin
    execute format($ddl$
        create table link_state_history (
            link_id text not null,
            observed_at timestamptz not null,
            speed_kmh double precision not null,
            level_of_service text not null,
            confidence double precision not null,
            source text not null,
            primary key (link_id, observed_at)
        ) %s $ddl$, partition_clause('observed_at'));
end $$;
select make_hypertable('link_state_history', 'observed_at');

-- Every decision, with the display body's bytes as composed once. seq rises only when the body changes.
create table decision (
    decision_id bigint generated always as identity primary key,
    sign_id text not null,
    epoch integer not null,
    seq bigint not null,
    state text not null check (state in ('blank', 'detour', 'fallback')),
    lines text[] not null,
    explanation text not null,
    decided_at timestamptz not null,   -- on Lotse's clock
    sensed_at timestamptz,             -- newest measured_at among the readings felt; null: none felt
    network_version text not null,
    detours jsonb not null,            -- per destination: normal and shown route, gain, confidence
    body bytea not null,
    etag text not null
);
create index decision_newest on decision (sign_id, epoch desc, seq desc, decision_id desc);

-- The planner's heartbeat: one row.
create table planner (
    only_row boolean primary key default true check (only_row),
    epoch integer not null default 1,
    heartbeat_at timestamptz not null, -- wall clock, always
    covers_until timestamptz,          -- decisions readable now are computed up to here
    network_version text
);

create trigger network_hint after insert or update or delete on network execute function notify_of_change();
create trigger link_state_hint after insert or update or delete on link_state execute function notify_of_change();
create trigger decision_hint after insert on decision execute function notify_of_change();
create trigger planner_hint after insert or update on planner execute function notify_of_change();
