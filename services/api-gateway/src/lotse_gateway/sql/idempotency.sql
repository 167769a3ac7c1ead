-- Requests that carry an Idempotency-Key. All on the wall clock.

-- name: find_idempotent_request
-- What is known of the request with the idempotency key $2 of the API key $1; whether somebody else may begin it, because it
-- is a day old or whoever had it is overdue by $3 without having changed anything.
select request_sha256, route, effected_at is not null as has_effect, claimed_at <= now() - $3::interval as is_overdue,
    claimed_at <= now() - interval '24 hours' or (effected_at is null and claimed_at <= now() - $3::interval) as is_free,
    status, headers, body
from idempotent_request where key_id = $1 and idempotency_key = $2;

-- name: claim_idempotent_request
-- Begins a request: key $1, idempotency key $2, route $3, digest $4, as the claim $5; no row if somebody else was quicker.
-- $6 as in find_idempotent_request. Old ones of others go on the way.
with gone as (
    delete from idempotent_request
    where ctid = any(array(
        select ctid from idempotent_request
        where claimed_at <= now() - interval '24 hours' and (key_id, idempotency_key) <> ($1, $2)
        limit 1000 for update skip locked
    ))
)
insert into idempotent_request as present (key_id, idempotency_key, route, request_sha256, claim_id)
values ($1, $2, $3, $4, $5)
on conflict (key_id, idempotency_key) do update set
    route = excluded.route, request_sha256 = excluded.request_sha256, claim_id = excluded.claim_id, claimed_at = now(),
    effected_at = null, status = null, headers = null, body = null
where present.claimed_at <= now() - interval '24 hours'
    or (present.effected_at is null and present.claimed_at <= now() - $6::interval)
returning claim_id;

-- name: mark_effect
-- In the transaction that changes something: it did, under the claim $1. No row if somebody else has taken the request over.
update idempotent_request set effected_at = now() where claim_id = $1 returning claim_id;

-- name: keep_answer
-- The answer to the request with the claim $1: status $2, headers $3, body $4.
update idempotent_request set status = $2, headers = $3, body = $4 where claim_id = $1 returning claim_id;

-- name: release_idempotent_request
-- Nothing was changed under the claim $1: the next one begins anew.
delete from idempotent_request where claim_id = $1 and effected_at is null;
