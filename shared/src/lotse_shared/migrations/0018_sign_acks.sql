-- What signs say they show, and whether that is what they were told; and by what routing knows that a backup was restored.

-- Owned by the gateway: the newest word of each sign.
create table sign_ack (
    sign_id text primary key,
    epoch integer not null,
    seq bigint not null,
    plan text not null,
    shown text not null check (shown in ('detour', 'blank', 'fallback')),
    source text not null check (source in ('centre', 'stale', 'expired', 'local')),
    faults text[] not null,
    since timestamptz not null,            -- wall: it has said just this since then ...
    acknowledged_at timestamptz not null   -- wall: ... and said it last then
);

-- Owned by the gateway: the same, a row whenever a sign says something else.
create table sign_ack_history (
    ack_id bigint generated always as identity primary key,
    sign_id text not null,
    epoch integer not null,
    seq bigint not null,
    plan text not null,
    shown text not null,
    source text not null,
    faults text[] not null,
    acknowledged_at timestamptz not null
);
create index sign_ack_history_of_sign on sign_ack_history (sign_id, ack_id desc);
create index sign_ack_history_at on sign_ack_history (acknowledged_at);

-- Repetitions set `acknowledged_at` alone, and are no news.
create trigger sign_ack_hint after insert or delete or update of epoch, seq, plan, shown, source, faults on sign_ack
    execute function notify_of_change();

-- Every sign in service: what it was told, and whether it shows that, at a moment of Lotse's clock (null: it has not
-- begun). `polls` is the patience, in polls of the sign itself: so many may pass before a display must be acknowledged.
-- Having been silent for that and its ttl_s, a sign has gone to its fallback, whatever it acknowledged before.
create function sign_confirmation(lotse_now timestamptz, polls double precision)
returns table (
    sign_id text, decision_id bigint, display jsonb, decided_at timestamptz, fresh_until timestamptz,
    state text, since timestamptz, acknowledged_at timestamptz, epoch integer, seq bigint, shown text, faults text[]
)
language sql stable as $$
    with told as (
        select sign.sign_id, newest.*, first.told_at, planner.heartbeat_at,
            make_interval(secs => (newest.display ->> 'ttl_s')::double precision) as ttl,
            make_interval(secs => polls * (newest.display ->> 'poll_s')::double precision) as patience
        from sign
        left join lateral (
            select d.decision_id, d.epoch, d.seq, d.state as to_show, d.decided_at,
                convert_from(d.body, 'UTF8')::jsonb as display
            from decision d
            where d.sign_id = sign.sign_id
            order by d.epoch desc, d.seq desc, d.decision_id desc
            limit 1
        ) newest on true
        left join lateral (   -- a body may stand in several decisions, whose figures differ
            select d.decided_at as told_at from decision d
            where d.sign_id = sign.sign_id and d.epoch = newest.epoch and d.seq = newest.seq
            order by d.decision_id
            limit 1
        ) first on true
        left join planner on true
        where sign.retired_at is null
    ), compared as (
        select told.*, ack.sign_id is not null as has_acked, ack.epoch as ack_epoch, ack.seq as ack_seq, ack.shown,
            ack.faults, ack.since as ack_since, ack.acknowledged_at,
            ack.acknowledged_at + told.ttl + told.patience < now() as is_silent,
            (ack.epoch, ack.seq) = (told.epoch, told.seq) as is_newest
        from told left join sign_ack ack on ack.sign_id = told.sign_id
    ), judged as (
        select compared.*, case
            when not has_acked then 'unknown'
            when is_silent then 'silent'
            when not is_newest and told_at + patience < lotse_now then 'behind'
            when faults <> '{}' then 'faulty'
            when is_newest and shown <> to_show then 'other'
            else 'confirmed' end as finding
        from compared
    )
    select sign_id, decision_id, display, decided_at, heartbeat_at + ttl,
        case when finding in ('silent', 'behind', 'other') then 'unconfirmed' else finding end,
        case finding
            when 'unknown' then null
            when 'silent' then acknowledged_at + ttl + patience
            when 'behind' then told_at + patience
            else ack_since end,
        acknowledged_at, ack_epoch, ack_seq, shown, faults
    from judged
$$;

-- Owned by routing. Which course of the database the epoch belongs to; null: not known.
alter table planner add column lineage text;

-- Names the course that this database takes. It is another one after a dump was loaded, after recovery to a moment, and
-- after a standby took over: then decisions may be lost that signs have heard of. (Not after a snapshot of the disk.)
create function database_lineage() returns text
language sql stable as $$
    select concat_ws('/',
        (select system_identifier from pg_control_system()),
        left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),   -- the timeline
        (select oid from pg_database where datname = current_database()),
        'decision'::regclass::oid)
$$;

-- An epoch after $1 and after all that were ever drawn for this database and its backups: no backup knows how many were,
-- but all of them were drawn before now.
create function later_epoch(epoch integer) returns integer
language sql stable as $$
    select greatest(epoch + 1, extract(epoch from now() - timestamptz '2026-01-01Z')::integer)
$$;
