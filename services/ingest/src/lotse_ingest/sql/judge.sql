-- SQL of judgement: what is expected of detectors, what was stored of them before, their health, alarms.

-- name: list_sites
-- What is expected of every registered detector.
select detector_id, lanes, interval_s, max_speed_kmh, max_flow_vehh_per_lane, fast_kmh, full_pct, locked_on_s,
    stuck_intervals, future_tolerance_s, neighbours, failed_at
from detector

-- name: find_sites
-- The same for some detectors; those that are not registered are left out.
select detector_id, lanes, interval_s, max_speed_kmh, max_flow_vehh_per_lane, fast_kmh, full_pct, locked_on_s,
    stuck_intervals, future_tolerance_s, neighbours, failed_at
from detector where detector_id = any($1::text[])

-- name: recall_readings
-- The newest readings of some detectors ($1), each after a moment of its own ($2), of which $3 is the earliest; at most
-- $4 of each. In the order received, so that they are judged as they were.
select r.detector_id, r.measured_at, r.interval_s, r.vehicle_count, r.heavy_count, r.mean_speed_kmh, r.occupancy_pct,
    'R10' = any(r.rule_codes) as was_failed
from unnest($1::text[], $2::timestamptz[]) as asked (detector_id, since)
cross join lateral (
    select *
    from reading
    where detector_id = asked.detector_id and measured_at > asked.since and measured_at > $3
    order by measured_at desc
    limit $4
) r
where not 'U1' = any(r.rule_codes)
order by r.received_at, r.measured_at

-- name: recall_clocks
-- How far the clocks of some detectors were ahead.
select detector_id, skew_s from detector_health where detector_id = any($1::text[])
