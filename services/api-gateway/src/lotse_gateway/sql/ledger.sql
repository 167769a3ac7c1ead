-- What became of readings, and whether any is missing.

-- name: list_ledger_hours
-- Accounts of the hours in [$1, $2), of the detector $3 (null: all), after the hour $4 and detector $5 (null: from the
-- beginning; '' stands for no detector), at most $6.
select hour as begins_at, detector_id, received, stored, duplicate, quarantined, rejected
from ingest_ledger
where hour >= greatest($1::timestamptz, $4::timestamptz) and hour < $2
    and ($3::text is null or detector_id = $3)
    and ($4::timestamptz is null or (hour, coalesce(detector_id, '')) > ($4, $5::text))
order by hour, coalesce(detector_id, '')
limit $6;

-- name: list_ledger_days
-- The same, summed over the days of UTC.
select date_trunc('day', hour, 'UTC') as begins_at, detector_id, sum(received)::bigint as received,
    sum(stored)::bigint as stored, sum(duplicate)::bigint as duplicate, sum(quarantined)::bigint as quarantined,
    sum(rejected)::bigint as rejected
from ingest_ledger
where hour >= greatest($1::timestamptz, $4::timestamptz) and hour < $2
    and ($3::text is null or detector_id = $3)
group by date_trunc('day', hour, 'UTC'), detector_id
having $4::timestamptz is null or (date_trunc('day', hour, 'UTC'), coalesce(detector_id, '')) > ($4, $5::text)
order by begins_at, coalesce(detector_id, '')
limit $6;

-- name: sum_ledger
-- All of it in [$1, $2), of the detector $3 (null: all).
select coalesce(sum(received), 0)::bigint as received, coalesce(sum(stored), 0)::bigint as stored,
    coalesce(sum(duplicate), 0)::bigint as duplicate, coalesce(sum(quarantined), 0)::bigint as quarantined,
    coalesce(sum(rejected), 0)::bigint as rejected
from ingest_ledger
where hour >= $1 and hour < $2 and ($3::text is null or detector_id = $3);

-- name: find_seq_gaps
-- Where the counter of the detector $1 jumps between readings measured in ($2, $3]: all in all, and the gaps that end
-- after $4 (null: from the first), at most $5. Readings stand in the order in which they were measured, so it does not
-- matter when, and through which replica, they came. Where the number falls, the counter was reset: nothing can be said
-- across that. Numbers of a gap that are among the dead letters are not missing; as the same number comes again after a
-- reset, those count that were received between two resets, give or take 5 minutes.
with numbered as (
    select measured_at, received_at, seq, lag(seq) over by_time as last_seq, lag(measured_at) over by_time as last_at
    from reading
    where detector_id = $1 and measured_at > $2 and measured_at <= $3 and seq is not null
    window by_time as (order by measured_at)
),
counted as (
    select *, count(*) filter (where seq < last_seq) over (order by measured_at) as run from numbered
),
run as (
    select run, min(received_at) as first_at, max(received_at) as last_at from counted group by run
),
gap as (
    select counted.last_seq, counted.last_at, counted.seq, counted.measured_at, seq - last_seq - 1 - kept.numbers as missing,
        kept.numbers
    from counted
    join run using (run)
    cross join lateral (
        select count(distinct letter.seq) as numbers
        from rejected_message letter
        where letter.detector_id = $1 and letter.seq > counted.last_seq and letter.seq < counted.seq
            and letter.received_at >= run.first_at - interval '5 minutes'
            and letter.received_at <= run.last_at + interval '5 minutes'
    ) kept
    where counted.seq > counted.last_seq + 1
),
page as (
    select jsonb_build_object(
            'last_seq', last_seq, 'last_measured_at', last_at, 'next_seq', seq, 'next_measured_at', measured_at,
            'missing', missing, 'dead_letters', numbers) as item,
        measured_at
    from gap
    where $4::timestamptz is null or measured_at > $4
    order by measured_at
    limit $5
)
select
    (select count(*) from reading where detector_id = $1 and measured_at > $2 and measured_at <= $3) as readings,
    (select count(*) from numbered) as numbered,
    (select count(*) from counted where seq < last_seq) as resets,
    (select count(*) from gap) as gaps,
    (select coalesce(sum(missing), 0)::text from gap) as missing,
    (select coalesce(sum(numbers), 0)::bigint from gap) as dead_letters,
    (select coalesce(jsonb_agg(item order by measured_at), '[]') from page) as items;
