-- The trace of who did what: written with each write, and read.
-- states_of_*: things with the ids $1 as they are now, kept from others until the transaction ends where the gateway owns
-- them. Read before and after a write, they are what an audit event tells.

-- name: add_audit_events
-- One event for each thing written ($4: objects with action, noun_id, detail, before, after), by the key $1 in the request
-- $2, on the noun $3.
insert into audit_event (key_id, request_id, noun, action, noun_id, detail, before, after)
select $1, $2, $3, event.action, event.noun_id, event.detail, event.before, event.after
from jsonb_to_recordset($4::jsonb) as event (action text, noun_id text, detail jsonb, before jsonb, after jsonb);

-- name: list_audit_events
-- Events before the id $1 (null: from the newest), newest first, on the noun $2, the thing $3, by the key $4, after $5 and
-- until $6 (null: any), at most $7. The key's name, where it was one.
select a.audit_id, a.at, a.key_id, k.name as key_name, a.request_id, a.action, a.noun, a.noun_id, a.detail, a.before, a.after
from audit_event a left join api_key k using (key_id)
where ($1::bigint is null or a.audit_id < $1)
    and ($2::text is null or a.noun = $2)
    and ($3::text is null or a.noun_id = $3)
    and ($4::text is null or a.key_id = $4)
    and ($5::timestamptz is null or a.at > $5)
    and ($6::timestamptz is null or a.at <= $6)
order by a.audit_id desc
limit $7;

-- name: states_of_detector
-- Detectors.
select detector_id as id, to_jsonb(detector) as state
from detector where detector_id = any($1::text[]) order by detector_id for update;

-- name: states_of_destination
-- Destinations.
select destination_id as id, to_jsonb(destination) as state
from destination where destination_id = any($1::text[]) order by destination_id for update;

-- name: states_of_sign
-- Signs, each with the lock that was not released.
select sign_id as id, to_jsonb(sign) || jsonb_build_object(
        'lock', (select to_jsonb(l) from sign_lock l where l.sign_id = sign.sign_id and l.released_at is null)) as state
from sign where sign_id = any($1::text[]) order by sign_id for update;

-- name: states_of_corridor
-- Corridors.
select corridor_id as id, to_jsonb(corridor) as state
from corridor where corridor_id = any($1::text[]) order by corridor_id for update;

-- name: states_of_roadwork
-- Roadworks, without what a check found: that is long, and can be asked again.
select roadwork_id as id, to_jsonb(roadwork) - 'check_result' as state
from roadwork where roadwork_id = any($1::text[]) order by roadwork_id for update;

-- name: states_of_strategy
-- The newest version of strategies, each with the phase that was begun by hand.
select distinct on (strategy_id) strategy_id as id, to_jsonb(strategy) || jsonb_build_object(
        'activation', (
            select to_jsonb(a) from strategy_activation a where a.strategy_id = strategy.strategy_id and a.ended_at is null
        )) as state
from strategy where strategy_id = any($1::text[]) order by strategy_id, version desc;

-- name: states_of_text_template
-- Text templates, by language/kind.
select language || '/' || kind as id, to_jsonb(text_template) as state
from text_template where language || '/' || kind = any($1::text[]) order by language, kind for update;

-- name: states_of_proposal
-- Proposals, which are routing's, each with its answer.
select proposal_id as id, jsonb_build_object(
        'sign_id', p.sign_id, 'lines', p.lines, 'state', p.state, 'expires_at', p.expires_at,
        'answer', (select to_jsonb(a) from proposal_answer a where a.proposal_id = p.proposal_id)) as state
from proposal p where proposal_id = any($1::text[]);

-- name: states_of_alarm
-- Alarms, which are ingest's and routing's.
select alarm_id::text as id, to_jsonb(alarm) as state
from alarm where alarm_id::text = any($1::text[]) order by alarm_id;

-- name: states_of_api_key
-- API keys: never their hashes.
select key_id as id, to_jsonb(api_key) - 'secret_sha256' as state
from api_key where key_id = any($1::text[]) order by key_id for update;
