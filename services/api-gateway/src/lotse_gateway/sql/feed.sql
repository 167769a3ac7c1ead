-- What the gateway holds in memory; re-read whole at a hint, except decisions that are held already.

-- name: list_signs_held
-- Every sign, and whether it was retired.
select sign_id, retired_at is not null as is_retired from sign;

-- name: list_newest_decisions
-- The newest decision of each sign, unless it is held ($1, $2, $3: signs, decision ids and ETags). After a restored backup
-- ids begin again where it ended, so that an id alone names none.
select newest.*
from sign
cross join lateral (
    select d.sign_id, d.decision_id, d.decided_at, d.sensed_at, d.body, d.etag, d.source, d.shows_detours, d.explanation,
        d.explanations, d.detours::text as detours,
        array(select detour ->> 'destination' from jsonb_array_elements(d.detours) as detour) as destinations
    from decision d
    where d.sign_id = sign.sign_id
    order by d.epoch desc, d.seq desc, d.decision_id desc
    limit 1
) newest
where not exists (
    select from unnest($1::text[], $2::bigint[], $3::text[]) as held (sign_id, decision_id, etag)
    where held.sign_id = newest.sign_id and held.decision_id = newest.decision_id and held.etag = newest.etag
);

-- name: get_planner
-- The planner's heartbeat and epoch (null before its first), and the newest decision there is at that same moment.
select (select max(decision_id) from decision) as newest_decision_id, planner.epoch, planner.heartbeat_at, planner.covers_until
from (values (1)) as one_row left join planner on true;

-- name: get_newest_watermark
-- Data time: the moment Lotse's clock has reached.
select max(covers_until) as covers_until from watermark;
