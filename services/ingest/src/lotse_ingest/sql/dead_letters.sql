-- Dead letters: how those that are none any more are settled, and how they are read for a replay.

-- name: is_any_quarantined
-- Whether any reading was quarantined that says to be measured from $1 to $2.
select exists (
    select from rejected_message where kind = 'quarantined' and measured_at >= $1 and measured_at <= $2
)

-- name: find_quarantined
-- Which of these pairs of detector and time were quarantined.
select distinct detector_id, measured_at
from unnest($1::text[], $2::timestamptz[]) as asked (detector_id, measured_at)
join rejected_message using (detector_id, measured_at)
where kind = 'quarantined'

-- name: settle_quarantined
-- Takes out quarantined readings by their digests.
delete from rejected_message where digest = any ($1::bytea[]) and kind = 'quarantined'
returning digest, kind, topic, detector_id, received_at, times_received

-- name: settle_dead_letters
-- Takes out dead letters by their digests.
delete from rejected_message where digest = any ($1::bytea[])
returning digest, kind, topic, detector_id, received_at, times_received

-- name: count_dead_letters
-- How many there are of those that a filter wants ($1 to $7).
select count(*) from dead_letters_that($1, $2, $3, $4, $5, $6, $7)

-- name: list_dead_letters_to_replay
-- Dead letters that a filter wants ($1 to $7), whole or cut, in the order in which they were received, after the moment
-- $8 and the digest $9 (null: from the first), at most $10 of them and not many more than $11 bytes; without those that
-- were decoded in vain since $12.
select digest, kind, topic, payload, payload_bytes, reason_code, reason, detector_id, received_at, times_received
from (
    select *, sum(octet_length(payload)) over (order by received_at, digest) - octet_length(payload) as bytes_before
    from (
        select * from dead_letters_that($1, $2, $3, $4, $5, $6, $7)
        where received_at >= coalesce($8::timestamptz, '-infinity')
            and ($8::timestamptz is null or (received_at, digest) > ($8, $9::bytea))
            and (replayed_at is null or replayed_at < $12)
        order by received_at, digest
        limit $10
    ) as next
) as measured
where bytes_before < $11::bigint
order by received_at, digest

-- name: find_dead_letters
-- Which of these dead letters are there.
select digest from rejected_message where digest = any ($1::bytea[])

-- name: what_time_is_it
-- The moment on the clock that stamps replayed_at.
select clock_timestamp()

-- name: mark_replayed
-- Notes that dead letters were decoded again in vain.
update rejected_message set replayed_at = clock_timestamp() where digest = any ($1::bytea[])
