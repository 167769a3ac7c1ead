-- Owned by the gateway: requests that carry an Idempotency-Key, and the answers to those that changed something.
-- All on the wall clock. One older than a day counts for nothing; the gateway deletes such as new ones come.

create table idempotent_request (
    key_id text not null,              -- the API key that sent it
    idempotency_key text not null,
    route text not null,               -- 'POST /v1/roadworks'
    request_sha256 bytea not null,     -- of route, query, media type and body
    claim_id uuid not null,            -- whoever works on it now
    claimed_at timestamptz not null default now(),
    effected_at timestamptz,           -- written in the transaction that changed something
    status smallint,                   -- the answer; null while it is not known
    headers jsonb,
    body bytea,
    primary key (key_id, idempotency_key)
);
create index idempotent_request_claimed_at on idempotent_request (claimed_at);

-- Whether a line (lon, lat, lon, lat, ...) reaches into a box; as lists of links go by, the box around it counts.
create function touches_box(
    line double precision[], west double precision, south double precision, east double precision, north double precision
) returns boolean language sql immutable parallel safe as $$
    select max(line[i]) >= west and min(line[i]) <= east and max(line[i + 1]) >= south and min(line[i + 1]) <= north
    from generate_series(1, cardinality(line), 2) as i
$$;
