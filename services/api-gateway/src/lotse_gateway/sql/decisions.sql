-- What was decided, and why.

-- name: list_decisions
-- Decisions of the sign $1, newest first, before the id $2 (null: from the newest), at most $3.
select decision_id, sign_id, epoch, seq, state, lines, explanation, decided_at, sensed_at, network_version,
    source, suspended, shows_detours, detours
from decision
where sign_id = $1 and ($2::bigint is null or decision_id < $2)
order by decision_id desc
limit $3;

-- name: list_detours
-- Per sign in service and destination, what the newest decision says: of the sign $1 and the destination $2 (null: all),
-- after the pair $3, $4, at most $5.
select newest.sign_id, newest.decision_id, newest.explanation, newest.decided_at,
    newest.source, newest.shows_detours, planner.covers_until, detour.value as detour
from sign
cross join lateral (
    select d.sign_id, d.decision_id, d.explanation, d.decided_at, d.source, d.shows_detours, d.detours
    from decision d
    where d.sign_id = sign.sign_id
    order by d.epoch desc, d.seq desc, d.decision_id desc
    limit 1
) newest
cross join lateral jsonb_array_elements(newest.detours) as detour
left join planner on true
where sign.retired_at is null
    and ($1::text is null or sign.sign_id = $1)
    and ($2::text is null or detour.value ->> 'destination' = $2)
    and ($3::text is null or (sign.sign_id, detour.value ->> 'destination') > ($3, $4::text))
order by sign.sign_id, detour.value ->> 'destination'
limit $5;
