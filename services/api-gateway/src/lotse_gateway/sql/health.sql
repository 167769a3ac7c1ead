-- How detectors are, alarms, and what operators do about them.

-- name: list_detector_health
-- Registered detectors after the id $1, of the status $2 (null: any), or only the one with the id $3; at most $4.
with judged as (
    select d.detector_id, h.last_received_at, h.last_measured_at, h.skew_s, h.silent_since, d.failed_at, d.failed_reason,
        case
            when d.failed_at is not null then 'failed'
            when h.detector_id is null then 'never_heard'
            when h.silent_since is not null then 'silent'
            when h.is_clock_off then 'clock'
            else 'ok' end as status
    from detector d left join detector_health h using (detector_id)
    where ($1::text is null or d.detector_id > $1) and ($3::text is null or d.detector_id = $3)
)
select * from judged
where $2::text is null or status = $2
order by detector_id
limit $4;

-- name: get_failure
-- That the detector $1 is held to be failed; no row where it is not.
select detector_id, failed_reason as reason, failed_at from detector where detector_id = $1 and failed_at is not null;

-- name: fail_detector
-- Holds the detector $1 to be failed because of $2, from $3 on or since it was. No row if nothing changed.
update detector set failed_at = coalesce(failed_at, $3), failed_reason = $2, updated_at = now()
where detector_id = $1 and failed_reason is distinct from $2
returning detector_id;

-- name: mend_detector
-- Holds the detector $1 to be mended. No row if it was not failed.
update detector set failed_at = null, failed_reason = null, updated_at = now()
where detector_id = $1 and failed_at is not null
returning detector_id;

-- name: list_alarms
-- Alarms before the id $1 (null: from the newest), newest first; open or not ($2; null: any), of the kind $3 (null: any);
-- at most $4.
select alarm_id, kind, subject, message, raised_at, cleared_at, acknowledged_at, acknowledged_by
from alarm
where ($1::bigint is null or alarm_id < $1)
    and ($2::boolean is null or (cleared_at is null) = $2)
    and ($3::text is null or kind = $3)
order by alarm_id desc
limit $4;

-- name: get_alarm
-- One alarm.
select alarm_id, kind, subject, message, raised_at, cleared_at, acknowledged_at, acknowledged_by
from alarm where alarm_id = $1;

-- name: acknowledge_alarm
-- Acknowledges the alarm $1 by the key $2; no row if that was done before.
update alarm set acknowledged_at = clock_timestamp(), acknowledged_by = $2
where alarm_id = $1 and acknowledged_at is null
returning alarm_id;
