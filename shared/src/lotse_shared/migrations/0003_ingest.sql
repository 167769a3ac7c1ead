-- Owned by ingest: what the sensors said, and proof that none of it was lost.

-- Raw values as received, corrected values after judgement (null: not usable), and the rule codes that say why.
-- The first value of an interval wins; a re-sent one with other values goes to reading_correction.
do $$
begin
    execute format($ddl$
        create table reading (
            detector_id text not null,
            measured_at timestamptz not null,          -- end of the interval
            interval_s double precision not null,
            vehicle_count double precision,
            heavy_count double precision,
            mean_speed_kmh double precision,
            occupancy_pct double precision,
            corrected_vehicle_count double precision,
            corrected_mean_speed_kmh double precision,
            corrected_occupancy_pct double precision,
            rule_codes text[] not null default '{}',
            seq bigint,                                -- the publisher's own counter
            received_at timestamptz not null,
            primary key (detector_id, measured_at)
        ) %s $ddl$, partition_clause('measured_at'));
end $$;
select make_hypertable('reading', 'measured_at');
create index reading_measured_at on reading (measured_at);

create table reading_correction (
    correction_id bigint generated always as identity primary key,   -- the newest one holds
    detector_id text not null,
    measured_at timestamptz not null,
    interval_s double precision not null,
    vehicle_count double precision,
    heavy_count double precision,
    mean_speed_kmh double precision,
    occupancy_pct double precision,
    rule_codes text[] not null default '{}',
    seq bigint,
    received_at timestamptz not null
);
create index reading_correction_interval on reading_correction (detector_id, measured_at);

-- Newest accepted reading of each detector, corrected values only; written in the transaction that stores the reading.
create table detector_state (
    detector_id text primary key,
    measured_at timestamptz not null,
    interval_s double precision not null,
    vehicle_count double precision,
    mean_speed_kmh double precision,
    occupancy_pct double precision,
    rule_codes text[] not null default '{}',
    received_at timestamptz not null
);

-- Dead letters and quarantined rows. The digest makes a redelivered message count once.
create table rejected_message (
    digest bytea primary key,          -- sha-256 of topic and payload
    kind text not null check (kind in ('rejected', 'quarantined')),
    topic text not null,
    payload bytea not null,
    reason_code text not null,
    reason text not null,              -- field, what is wrong, what is allowed
    detector_id text,
    received_at timestamptz not null,
    times_received bigint not null default 1
);
create index rejected_message_received_at on rejected_message (received_at);

-- In readings, per detector (null: undecodable) and hour of receipt.
create table ingest_ledger (
    hour timestamptz not null,
    detector_id text,
    received bigint not null default 0,
    stored bigint not null default 0,
    duplicate bigint not null default 0,
    quarantined bigint not null default 0,
    rejected bigint not null default 0,
    unique nulls not distinct (hour, detector_id),
    check (received = stored + duplicate + quarantined + rejected)
);

-- Data time (LOTSE_CLOCK=data): one row a watermark, committed after all readings before it.
create table watermark (
    covers_until timestamptz primary key,
    committed_at timestamptz not null
);

create trigger detector_state_hint after insert or update on detector_state execute function notify_of_change();
create trigger watermark_hint after insert on watermark execute function notify_of_change();
