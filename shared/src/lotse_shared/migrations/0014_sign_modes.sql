-- Who decides what a sign shows: modes, locks, proposals, strategies; and the words they are written in.

-- Owned by the gateway.
alter table sign
    add column mode text not null default 'automatic' check (mode in ('automatic', 'approval')),
    add column charset text not null default 'utf8' check (charset in ('utf8', 'ascii'));   -- what it can write

-- Owned by the gateway: what operators lock signs to. One that is over stays, as a record.
create table sign_lock (
    lock_id bigint generated always as identity primary key,
    sign_id text not null,
    lines text[] not null,             -- empty: blank
    reason text not null,
    key_id text not null,              -- its author
    locked_at timestamptz not null,    -- on Lotse's clock, as all of these
    expires_at timestamptz not null check (expires_at > locked_at),
    released_at timestamptz,           -- before its expiry, or when another took its place
    released_by text                   -- key_id
);
create unique index sign_lock_one on sign_lock (sign_id) where released_at is null;

-- Owned by routing: changes that wait for a person, and what became of them.
create table proposal (
    proposal_id text primary key,      -- sign_id-number
    sign_id text not null,
    number integer not null check (number > 0),
    plan text not null,                -- what drivers would see: see `plan` of the display
    lines text[] not null,
    explanation text not null,
    detours jsonb not null,            -- as in decision
    made_at timestamptz not null,
    expires_at timestamptz not null check (expires_at > made_at),
    state text not null check (state in ('waiting', 'accepted', 'refused', 'lapsed', 'withdrawn')),
    settled_at timestamptz check ((state = 'waiting') = (settled_at is null)),
    unique (sign_id, number)
);
create unique index proposal_one_waiting on proposal (sign_id) where state = 'waiting';

-- Owned by the gateway: what people say to proposals. The first answer counts.
create table proposal_answer (
    proposal_id text primary key,
    is_accepted boolean not null,
    reason text not null default '',
    key_id text not null,
    answered_at timestamptz not null
);

-- Owned by the gateway: plans made beforehand. The newest version counts; an older one stays as a record.
create table strategy (
    strategy_id text not null,
    version integer not null check (version > 0),
    name text not null,
    phases jsonb not null,             -- [{"name", "starts_at", "ends_at" (both null: by hand), "messages": [{"sign", "lines"}]}]
    key_id text not null,
    saved_at timestamptz not null default now(),
    retired_at timestamptz,            -- of the newest version: out of use since
    primary key (strategy_id, version)
);

-- Owned by the gateway: phases that were begun by hand. One that is over stays, as a record.
create table strategy_activation (
    activation_id bigint generated always as identity primary key,
    strategy_id text not null,
    phase text not null,
    key_id text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    ended_at timestamptz               -- by hand, before its time
);
create unique index strategy_activation_one on strategy_activation (strategy_id) where ended_at is null;

-- Phases of the newest version of each strategy in use, with their times: planned, and begun by hand.
create view strategy_phase as
with newest as (
    select distinct on (strategy_id) strategy_id, name, phases, retired_at
    from strategy order by strategy_id, version desc
), each as (
    select n.strategy_id, n.name, p.value as phase
    from newest n cross join lateral jsonb_array_elements(n.phases) as p
    where n.retired_at is null
)
select strategy_id, name, phase ->> 'name' as phase, phase -> 'messages' as messages,
    (phase ->> 'starts_at')::timestamptz as starts_at, (phase ->> 'ends_at')::timestamptz as ends_at
from each where phase ->> 'starts_at' is not null
union all
select e.strategy_id, e.name, e.phase ->> 'name', e.phase -> 'messages', a.starts_at, a.ends_at
from each e
join strategy_activation a on a.strategy_id = e.strategy_id and a.phase = e.phase ->> 'name' and a.ended_at is null;

-- Owned by the gateway: how lines are composed, where a town wants other words than the built-in ones.
create table text_template (
    language text not null check (language in ('de', 'en')),
    kind text not null check (kind in ('closed', 'jam', 'slow')),
    lines jsonb not null,              -- a line is a list of forms, the longest first
    updated_at timestamptz not null default now(),
    primary key (language, kind)
);

-- Owned by routing: whose word a decision is. `detours` is always what Lotse found by itself.
alter table decision
    add column source text not null default 'automatic' check (source in ('automatic', 'approval', 'strategy', 'manual')),
    add column why text not null default '',            -- the order or proposal behind it
    add column shows_detours boolean not null default true,
    add column suspended text,         -- an order that is not followed, and why
    add column grounds jsonb not null default '[]';     -- what an approved message rests on while `detours` say another

create trigger sign_lock_hint after insert or update or delete on sign_lock execute function notify_of_change();
create trigger proposal_hint after insert or update on proposal execute function notify_of_change();
create trigger proposal_answer_hint after insert on proposal_answer execute function notify_of_change();
create trigger strategy_hint after insert or update on strategy execute function notify_of_change();
create trigger strategy_activation_hint after insert or update on strategy_activation
    execute function notify_of_change();
create trigger text_template_hint after insert or update or delete on text_template execute function notify_of_change();
