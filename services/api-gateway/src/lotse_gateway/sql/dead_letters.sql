-- Dead letters: what could not be used, with its reason. $1 to $7 say which are wanted, see dead_letters_that.

-- name: list_dead_letters
-- Those received before the moment $8 and the digest $9 (null: from the newest), newest first, at most $10; of each
-- payload the first $11 bytes.
select encode(digest, 'hex') as id, kind, topic, reason_code, reason, detector_id, measured_at, seq, received_at,
    times_received, payload_bytes, octet_length(payload)::bigint as kept_bytes, substring(payload for $11::integer) as head,
    replayed_at
from dead_letters_that($1, $2, $3, $4, $5, $6, $7)
where received_at <= coalesce($8::timestamptz, 'infinity') and ($8::timestamptz is null or (received_at, digest) < ($8, $9::bytea))
order by received_at desc, digest desc
limit $10;

-- name: list_whole_dead_letters
-- Those received after the moment $8 and the digest $9 (null: from the oldest), oldest first, at most $10, whole.
select encode(digest, 'hex') as id, kind, topic, reason_code, reason, detector_id, measured_at, seq, received_at,
    times_received, payload_bytes, payload
from dead_letters_that($1, $2, $3, $4, $5, $6, $7)
where received_at >= coalesce($8::timestamptz, '-infinity') and ($8::timestamptz is null or (received_at, digest) > ($8, $9::bytea))
order by received_at, digest
limit $10;

-- name: sum_dead_letters
-- How many there are by kind and reason, the most first.
select kind, reason_code, count(*) as letters, sum(times_received)::bigint as times_received,
    sum(octet_length(payload))::bigint as kept_bytes, min(received_at) as first_received_at,
    max(received_at) as last_received_at
from dead_letters_that($1, $2, $3, $4, $5, $6, $7)
group by kind, reason_code
order by letters desc, kind, reason_code;

-- name: get_dead_letter_payload
-- What was kept of the payload of one, and how long all of it was.
select payload, payload_bytes from rejected_message where digest = $1;
