-- API keys and the trace of who did what.

-- name: list_keys
-- Every key: its hash, never its secret.
select key_id, name, secret_sha256, scopes, sign_id, expires_at, revoked_at
from api_key;

-- name: add_key
-- Stores a new key.
insert into api_key (key_id, name, secret_sha256, scopes, sign_id) values ($1, $2, $3, $4, $5);

-- name: add_audit_events
-- One event for each thing written ($3: objects with action, noun_id, detail), by the key $1, on the noun $2.
insert into audit_event (key_id, noun, action, noun_id, detail)
select $1, $2, event.action, event.noun_id, event.detail
from jsonb_to_recordset($3::jsonb) as event (action text, noun_id text, detail jsonb);
