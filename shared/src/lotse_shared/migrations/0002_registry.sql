-- Owned by the gateway: what operators register and do.

create table detector (
    detector_id text primary key,
    name text not null default '',
    link_id text,                      -- the link it measures; null until located
    lon double precision,
    lat double precision,
    lanes smallint not null default 1 check (lanes between 1 and 12),
    interval_s double precision not null default 60 check (interval_s > 0),
    max_speed_kmh double precision not null default 254,
    max_flow_vehh_per_lane double precision not null default 4000,
    updated_at timestamptz not null default now()
);

create table destination (
    destination_id text primary key,
    name text not null,
    sign_text text not null,           -- as written on signs
    node_id text not null,             -- the junction that stands for it
    updated_at timestamptz not null default now()
);

create table sign (
    sign_id text primary key,
    name text not null default '',
    link_id text not null,             -- the link whose drivers read it, in their direction
    lon double precision,
    lat double precision,
    line_count smallint not null default 3 check (line_count between 1 and 8),
    line_chars smallint not null default 16 check (line_chars between 4 and 64),
    destinations text[] not null default '{}',
    fallback text not null default 'blank' check (fallback in ('blank')),
    priority smallint not null default 5 check (priority between 0 and 10),
    retired_at timestamptz,
    updated_at timestamptz not null default now()
);

create table corridor (
    corridor_id text primary key,      -- the U-number, 'U12'
    name text not null default '',
    links text[] not null check (cardinality(links) > 0),
    signs text[] not null default '{}',        -- empty: any sign
    destinations text[] not null default '{}', -- empty: any destination
    updated_at timestamptz not null default now()
);

create table roadwork (
    roadwork_id text primary key,
    name text not null,                -- what drivers and operators call it
    effect text not null check (effect in ('closed', 'speed')),
    speed_kmh double precision check ((effect = 'speed') = (speed_kmh is not null)),
    links text[] not null check (cardinality(links) > 0),
    starts_at timestamptz not null,
    ends_at timestamptz check (ends_at > starts_at),   -- null: open end
    ended_at timestamptz,              -- ended by hand before its time
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table api_key (
    key_id text primary key,           -- the public part of the key
    name text not null,
    secret_sha256 bytea not null,      -- the secret is 256 random bits, so a plain hash suffices
    scopes text[] not null check (cardinality(scopes) > 0),
    sign_id text,                      -- a sign key reads its own sign only
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz
);

create table audit_event (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    key_id text not null,
    action text not null,              -- create, update, end, ...
    noun text not null,
    noun_id text not null,
    detail jsonb not null default '{}'
);
create index audit_event_at on audit_event (at);

create trigger detector_hint after insert or update or delete on detector execute function notify_of_change();
create trigger destination_hint after insert or update or delete on destination execute function notify_of_change();
create trigger sign_hint after insert or update or delete on sign execute function notify_of_change();
create trigger corridor_hint after insert or update or delete on corridor execute function notify_of_change();
create trigger roadwork_hint after insert or update or delete on roadwork execute function notify_of_change();
create trigger api_key_hint after insert or update or delete on api_key execute function notify_of_change();
