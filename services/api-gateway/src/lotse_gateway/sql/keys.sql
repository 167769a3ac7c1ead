-- API keys.

-- name: list_keys
-- Every key: its hash, never its secret.
select key_id, name, secret_sha256, scopes, sign_id, expires_at, revoked_at
from api_key;

-- name: add_key
-- Stores a new key ($1, with the hash $2 of its secret) under the name $3, with the scopes $4, for the sign $5, until $6, in
-- the place of the key $7.
insert into api_key (key_id, secret_sha256, name, scopes, sign_id, expires_at, replaces) values ($1, $2, $3, $4, $5, $6, $7);

-- name: put_key_uses
-- Each of the keys $1 was used last at the moment of the same place in $2, if no other gateway knows better.
insert into api_key_use (key_id, last_used_at)
select key_id, used_at from unnest($1::text[], $2::timestamptz[]) as used (key_id, used_at) order by key_id
on conflict (key_id) do update set last_used_at = greatest(api_key_use.last_used_at, excluded.last_used_at);

-- name: list_api_keys
-- Keys after the id $1 (null: from the first) of the status $2 (null: any), or only the one with the id $3; at most $4.
with known as (
    select k.key_id, k.name, k.scopes, k.sign_id as sign, k.created_at, k.expires_at, k.revoked_at, u.last_used_at, k.replaces,
        (
            select max(s.key_id) from api_key s where s.replaces = k.key_id and s.revoked_at is null
        ) as replaced_by,
        case
            when k.revoked_at is not null then 'revoked'
            when k.expires_at <= now() then 'expired'
            else 'valid' end as status
    from api_key k left join api_key_use u using (key_id)
    where ($1::text is null or k.key_id > $1) and ($3::text is null or k.key_id = $3)
)
select * from known where $2::text is null or status = $2 order by key_id limit $4;

-- name: hold_key
-- The key $1, as it is until the end of this transaction.
select key_id, name, scopes, sign_id, created_at, expires_at, revoked_at from api_key where key_id = $1 for update;

-- name: expire_key
-- The key $1 is valid until $2 at most.
update api_key set expires_at = least(expires_at, $2) where key_id = $1 returning key_id;

-- name: revoke_key
-- Revokes the key $1; no row if it was.
update api_key set revoked_at = now() where key_id = $1 and revoked_at is null returning key_id;
