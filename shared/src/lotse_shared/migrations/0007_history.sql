-- Owned by ingest: what history needs of readings. Decisions and detector_state ignore all of it.

-- Readers by time alone (data time, export, retention) ask for whole stretches of rows that lie together anyway: a block
-- range index serves them, and costs the writer next to nothing (docs/decisions/0014).
drop index reading_measured_at;
create index reading_measured_at on reading using brin (measured_at) with (autosummarize = on);

-- The newest correction of a reading, judged like any other, so that history needs no join. All null: never corrected.
alter table reading
    add column revision integer,                       -- how many corrections came
    add column revised_interval_s double precision,
    add column revised_vehicle_count double precision,
    add column revised_heavy_count double precision,
    add column revised_mean_speed_kmh double precision,
    add column revised_occupancy_pct double precision,
    add column revised_quality_pct double precision,   -- null: 100
    add column revised_rule_codes text[];
