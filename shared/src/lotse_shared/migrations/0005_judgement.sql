-- What judgement needs to know of each detector, what it finds out about them, and alarms.

-- Owned by the gateway. Null: the default of ingest's settings.
alter table detector
    add column fast_kmh double precision check (fast_kmh > 0),                     -- R4: faster than this ...
    add column full_pct double precision check (full_pct between 0 and 100),       -- R4: ... at more than this
    add column locked_on_s double precision check (locked_on_s > 0 and locked_on_s <= 3600),      -- R6: 100 % for so long
    add column stuck_intervals double precision check (stuck_intervals between 3 and 100),        -- R7: the same for so long
    add column silent_intervals double precision check (silent_intervals between 1 and 1000),     -- R8: nothing for so long
    add column future_tolerance_s double precision check (future_tolerance_s between 0 and 86400),   -- R9: or one interval
    add column neighbours text[] not null default '{}',    -- lanes that may stand in for it, best first
    add column failed_at timestamptz,                      -- R10: since then an operator holds it to be failed
    add column failed_reason text,
    add check ((failed_at is null) = (failed_reason is null));

-- Owned by ingest. The quality of the corrected values: 100 as measured, less where one is a substitute.
alter table reading add column quality_pct double precision;                       -- null: 100
alter table detector_state add column quality_pct double precision not null default 100;

-- Owned by ingest: what is known of each detector besides its readings; no row: never heard since it was registered.
create table detector_health (
    detector_id text primary key,
    last_received_at timestamptz not null, -- wall time, quarantined readings too
    last_measured_at timestamptz,          -- of what was in time (R9); null: nothing ever was
    skew_s double precision,               -- its clock ahead of ours (+), or behind or always late (-); null: not known
    is_clock_off boolean not null default false,   -- by more than the limit of ingest's settings
    silent_since timestamptz               -- on Lotse's clock; null: not silent
);

-- Owned by ingest: its replicas, so that the one that watches knows whether all of them listen. The database's own clock.
create table ingest_slot (
    slot integer primary key,
    seen_at timestamptz not null,
    is_attentive boolean not null,         -- connected and keeping up
    since timestamptz not null             -- it is, or is not
);

-- Raised and cleared by who notices (the kinds of ingest: see docs/ingest.md), acknowledged through the gateway.
create table alarm (
    alarm_id bigint generated always as identity primary key,
    kind text not null,
    subject text not null default '',      -- the detector, say; empty: the whole
    message text not null,
    raised_at timestamptz not null,        -- on Lotse's clock
    cleared_at timestamptz,
    acknowledged_at timestamptz,           -- wall time
    acknowledged_by text                   -- key_id
);
create unique index alarm_one_open on alarm (kind, subject) where cleared_at is null;

create trigger alarm_hint after insert or update or delete on alarm execute function notify_of_change();
