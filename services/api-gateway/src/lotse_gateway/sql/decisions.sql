-- What was decided, and why.

-- name: list_decisions
-- Decisions of the sign $1, newest first, before the id $2 (null: from the newest), at most $3; explained in the language
-- $4, those of before there were others in English.
select decision_id, sign_id, epoch, seq, state, lines, coalesce(explanations ->> $4, explanation) as explanation,
    decided_at, sensed_at, network_version, source, coalesce(suspended_words ->> $4, suspended) as suspended, shows_detours,
    detours
from decision
where sign_id = $1 and ($2::bigint is null or decision_id < $2)
order by decision_id desc
limit $3;

-- name: list_decisions_at
-- The decision in force of every sign at $1 of Lotse's clock (null: now), of signs that were not retired by then (by the
-- wall clock), after the sign $2, at most $3; explained in the language $4.
select in_force.decision_id, in_force.sign_id, in_force.epoch, in_force.seq, in_force.state, in_force.lines,
    coalesce(in_force.explanations ->> $4, in_force.explanation) as explanation, in_force.decided_at,
    in_force.sensed_at, in_force.network_version, in_force.source,
    coalesce(in_force.suspended_words ->> $4, in_force.suspended) as suspended, in_force.shows_detours, in_force.detours
from sign
cross join lateral (
    select d.* from decision d
    where d.sign_id = sign.sign_id and d.decided_at <= coalesce($1::timestamptz, 'infinity')
    order by d.decided_at desc, d.epoch desc, d.decision_id desc
    limit 1
) as in_force
where (sign.retired_at is null or sign.retired_at > $1) and ($2::text is null or sign.sign_id > $2)
order by sign.sign_id
limit $3;

-- name: get_span_of_decisions
-- When the first decision was made (null: none was), and up to when all are made (null: no step was).
select
    (
        select min(oldest.decided_at)
        from sign
        cross join lateral (
            select d.decided_at from decision d where d.sign_id = sign.sign_id order by d.decided_at limit 1
        ) as oldest
    ) as begins_at,
    (select covers_until from planner) as covers_until;
