-- SQL of housekeeping: what is dropped, compressed, refreshed.

-- name: try_housekeeping_lock
-- One replica at a time; the lock is held until this connection ends.
select pg_try_advisory_lock($1)

-- name: bound_waiting
-- Dropping a partition locks its table for a moment. Rather give up and try again later than keep readings waiting.
select set_config('lock_timeout', '2s', false)

-- name: newest_day
-- When the newest day ends of which there are readings; null: there are none.
select max(ends_at) from list_chunks('reading')

-- name: drop_oldest_chunk
-- Drops the oldest chunk of $1 that ends by $2 and gives the number of its rows; null: there is none.
select drop_oldest_chunk($1::text::regclass, $2)

-- name: drop_corrections
-- Drops corrections of intervals before $1, at most $2 of them, and gives their number.
with gone as (
    delete from reading_correction
    where ctid = any (array(select ctid from reading_correction where measured_at < $1 limit $2::bigint))
    returning 1
)
select count(*) from gone

-- name: drop_watermarks
-- Drops watermarks before $1, at most $2 of them, and gives their number.
with gone as (
    delete from watermark
    where ctid = any (array(select ctid from watermark where covers_until < $1 limit $2::bigint))
    returning 1
)
select count(*) from gone

-- name: drop_accounts
-- Drops accounts of the ledger for hours before $1, at most $2 of them, and gives their number.
with gone as (
    delete from ingest_ledger
    where ctid = any (array(select ctid from ingest_ledger where hour < $1 limit $2::bigint))
    returning 1
)
select count(*) from gone

-- name: drop_dead_letters
-- Drops dead letters received before $1, at most $2 of them, and gives their number.
with gone as (
    delete from rejected_message
    where ctid = any (array(select ctid from rejected_message where received_at < $1 limit $2::bigint))
    returning 1
)
select count(*) from gone

-- name: drop_dead_letters_over
-- Drops the oldest dead letters until the rest (payload, topic and reason) take at most $1 bytes, and gives the number
-- dropped.
with gone as (
    delete from rejected_message
    where digest in (
        select digest
        from (
            select digest,
                sum(octet_length(payload) + octet_length(topic) + octet_length(reason))
                    over (order by received_at desc, digest desc) as with_newer_bytes
            from rejected_message
        ) as kept
        where with_newer_bytes > $1
    )
    returning 1
)
select count(*) from gone

-- name: drop_alarms
-- Drops alarms raised before $1 and cleared since, at most $2 of them, and gives their number.
with gone as (
    delete from alarm
    where ctid = any (
        array(select ctid from alarm where raised_at < $1 and cleared_at is not null limit $2::bigint)
    )
    returning 1
)
select count(*) from gone

-- name: drop_sign_acks
-- Drops what signs said they show before $1, at most $2 rows, and gives their number. The newest word of each sign stays.
with gone as (
    delete from sign_ack_history
    where ctid = any (array(select ctid from sign_ack_history where acknowledged_at < $1 limit $2::bigint))
    returning 1
)
select count(*) from gone

-- name: compress_oldest_chunk
-- Compresses the oldest chunk of $1 that ends by $2 and has uncompressed rows, and gives its name; null: there is none.
select compress_oldest_chunk($1::text::regclass, $2)

-- name: compare_ledger
-- Of $2 accounts of the hour of receipt $1, drawn by chance: what each says is stored, and what the table has of it. Only
-- rows measured within a day of receipt are looked for, so that a few partitions are read; a reading that came later than
-- that looks missing.
with account as (
    select detector_id, stored from ingest_ledger where hour = $1 and detector_id is not null order by random() limit $2
)
select detector_id, stored, found
from account
cross join lateral (
    select count(*) as found
    from reading
    where reading.detector_id = account.detector_id
        and measured_at > $1::timestamptz - interval '1 day' and measured_at < $1::timestamptz + interval '1 day 1 hour'
        and received_at >= $1::timestamptz and received_at < $1::timestamptz + interval '1 hour'
) there

-- name: list_tables
-- Those of the tables $1 that there are, with what they take on disk.
select name, table_bytes(name::regclass) as bytes from unnest($1::text[]) as asked (name) where to_regclass(name) is not null

-- name: list_spans
-- Spans of time by chunks of readings, up to $1, in whole quarters. A reading of midnight sharp tells of the day before,
-- so each begins a quarter early; but not where that day was dropped ($2: all until then): nothing is left to count.
with span as (
    select begins_at + interval '1 microsecond'
            - case when begins_at <= $2 then interval '0' else interval '15 minutes' end as begins_at,
        least(ends_at + interval '1 microsecond', $1) as ends_at
    from list_chunks('reading')
)
select begins_at, ends_at from span where ends_at >= begins_at + interval '15 minutes' order by begins_at

-- name: refresh_aggregates
-- Brings the aggregates of a span up to late rows and corrections. Costs next to nothing where there were none.
call refresh_continuous_aggregate('reading_15min_kept', $1::timestamptz, $2::timestamptz)
