-- What signs were told, and what they say they show. `sign_confirmation` has the rule.

-- name: list_displays
-- Signs in service after the id $1 (null: from the first), of the confirmation $2 (null: any), or only the one with the id
-- $3, at $4 on Lotse's clock with the patience $5; at most $6.
select sign_id, display, decided_at, fresh_until, state, since, acknowledged_at, epoch, seq, shown, faults
from sign_confirmation($4, $5)
where ($1::text is null or sign_id > $1)
    and ($2::text is null or state = $2)
    and ($3::text is null or sign_id = $3)
order by sign_id
limit $6;

-- name: list_confirmations
-- How every sign in service is, at $1 on Lotse's clock with the patience $2.
select sign_id, state, since, acknowledged_at, epoch, seq, shown, faults from sign_confirmation($1, $2) order by sign_id;

-- name: touch_ack
-- Notes that the sign $1 says once more what it said last; no row if it says something else.
update sign_ack set acknowledged_at = now()
where sign_id = $1 and epoch = $2 and seq = $3 and plan = $4 and shown = $5 and source = $6 and faults = $7
returning sign_id;

-- name: find_told
-- Tells whether the sign $1 was ever told the plan $4 as number $3 of the epoch $2.
select from decision
where sign_id = $1 and epoch = $2 and seq = $3 and convert_from(body, 'UTF8')::jsonb ->> 'plan' = $4
limit 1;

-- name: put_ack
-- Notes what the sign $1 says it shows; no row if it said something of a later number before.
with put as (
    insert into sign_ack (sign_id, epoch, seq, plan, shown, source, faults, since, acknowledged_at)
    values ($1, $2, $3, $4, $5, $6, $7, now(), now())
    on conflict (sign_id) do update set
        epoch = excluded.epoch, seq = excluded.seq, plan = excluded.plan, shown = excluded.shown,
        source = excluded.source, faults = excluded.faults, since = excluded.since,
        acknowledged_at = excluded.acknowledged_at
    where (sign_ack.epoch, sign_ack.seq) <= (excluded.epoch, excluded.seq)
    returning sign_id, epoch, seq, plan, shown, source, faults, acknowledged_at
)
insert into sign_ack_history (sign_id, epoch, seq, plan, shown, source, faults, acknowledged_at)
select * from put
returning ack_id;

-- name: list_acks
-- What the sign $1 said it shows, newest first, before the id $2 (null: from the newest), at most $3.
select ack_id, epoch, seq, plan, shown, source, faults, acknowledged_at
from sign_ack_history
where sign_id = $1 and ($2::bigint is null or ack_id < $2)
order by ack_id desc
limit $3;

-- name: try_watch_signs
-- Takes the lock of those who watch signs until the transaction ends; false: another gateway has it.
select pg_try_advisory_xact_lock($1) as is_ours;

-- name: raise_sign_alarms
-- Raises alarms ($1: kinds, $2: subjects, $3: messages) at $4, unless they are up already.
insert into alarm (kind, subject, message, raised_at)
select kind, subject, message, $4 from unnest($1::text[], $2::text[], $3::text[]) as new (kind, subject, message)
on conflict (kind, subject) where cleared_at is null do nothing
returning kind, subject, message;

-- name: list_sign_alarms
-- Alarms of the kinds $1 that are up.
select kind, subject from alarm where kind = any ($1::text[]) and cleared_at is null;

-- name: clear_sign_alarms
-- Clears the alarms of the kinds $1 and subjects $2, pair by pair, at $3.
update alarm set cleared_at = $3
from unnest($1::text[], $2::text[]) as gone (kind, subject)
where alarm.kind = gone.kind and alarm.subject = gone.subject and alarm.cleared_at is null
returning alarm.kind, alarm.subject, alarm.message;
