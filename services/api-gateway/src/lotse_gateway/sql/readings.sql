-- What detectors said.

-- name: list_readings
-- Readings of the detector $1 measured in ($2, $3], after the moment $4 (null: from the beginning), at most $5.
select measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct, corrected_vehicle_count,
    corrected_mean_speed_kmh, corrected_occupancy_pct, rule_codes, coalesce(quality_pct, 100) as quality_pct, seq,
    received_at, revision, revised_interval_s, revised_vehicle_count, revised_heavy_count, revised_mean_speed_kmh,
    revised_occupancy_pct, revised_rule_codes, coalesce(revised_quality_pct, 100) as revised_quality_pct
from reading
where detector_id = $1
    and measured_at > $2 and measured_at <= $3
    and ($4::timestamptz is null or measured_at > $4)
order by measured_at
limit $5;
