-- What operators order signs to show.

-- name: hold_sign
-- The sign $1, in service, kept from other orders until the transaction ends.
select sign_id, line_count, line_chars, charset from sign where sign_id = $1 and retired_at is null for update;

-- name: add_lock
-- Locks the sign $1 to the lines $2 because of $3, by the key $4, from $5 until $6.
insert into sign_lock (sign_id, lines, reason, key_id, locked_at, expires_at) values ($1, $2, $3, $4, $5, $6)
returning lock_id;

-- name: end_lock
-- Releases the sign $1 at $2 by the key $3, if it is locked; one that expired before is over since then.
update sign_lock set released_at = least($2, expires_at), released_by = case when expires_at > $2 then $3 end
where sign_id = $1 and released_at is null
returning lock_id, (expires_at > $2) as was_in_force;

-- name: get_lock
-- The newest lock of the sign $1, with what it is at $2 on Lotse's clock; told in the language $3, what was told in
-- English alone before in that.
select l.lock_id, l.sign_id as sign, case when l.lines = '{}' then 'blank' else 'message' end as state, l.lines,
    l.reason, l.key_id as author, l.locked_at, l.expires_at,
    case when l.released_by is not null then l.released_at end as released_at, l.released_by,
    case
        when l.released_by is not null then 'released'
        when l.expires_at <= $2 then 'expired'
        else 'in_force' end as status,
    case when l.released_at is null and l.expires_at > $2 and newest.source <> 'manual'
            and (newest.decided_at >= l.locked_at or position(l.reason in newest.suspended) > 0) -- not of a lock before
        then coalesce(newest.suspended_words ->> $3, newest.suspended) end as suspended
from sign_lock l
left join lateral (
    select d.source, d.suspended, d.suspended_words, d.decided_at from decision d
    where d.sign_id = l.sign_id
    order by d.epoch desc, d.seq desc, d.decision_id desc
    limit 1
) newest on true
where l.sign_id = $1
order by l.lock_id desc
limit 1;

-- name: list_proposals
-- Proposals after the sign and number $1, $2 (null: from the first), of the state $3 (null: any) and the sign $4 (null: all),
-- at most $5, with their answers; explained in the language $6, those of before in English.
select p.proposal_id, p.sign_id as sign, p.number, p.lines,
    coalesce(p.explanations ->> $6, p.explanation) as explanation, p.made_at, p.expires_at, p.state, p.settled_at,
    a.key_id as answered_by, a.answered_at, a.reason
from proposal p left join proposal_answer a using (proposal_id)
where ($1::text is null or (p.sign_id, p.number) > ($1, $2::integer)) and ($3::text is null or p.state = $3)
    and ($4::text is null or p.sign_id = $4)
order by p.sign_id, p.number
limit $5;

-- name: get_proposal
-- One proposal ($1) with its answer; explained in the language $2, one of before in English.
select p.proposal_id, p.sign_id as sign, p.number, p.lines,
    coalesce(p.explanations ->> $2, p.explanation) as explanation, p.made_at, p.expires_at, p.state, p.settled_at,
    a.key_id as answered_by, a.answered_at, a.reason
from proposal p left join proposal_answer a using (proposal_id)
where p.proposal_id = $1;

-- name: add_answer
-- Answers the proposal $1: accepted or not ($2), because of $3, by the key $4, at $5. No row if it was answered before.
insert into proposal_answer (proposal_id, is_accepted, reason, key_id, answered_at) values ($1, $2, $3, $4, $5)
on conflict (proposal_id) do nothing
returning proposal_id;
