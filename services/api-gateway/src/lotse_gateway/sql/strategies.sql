-- Strategies: the newest version counts, all are kept.

-- name: list_strategies
-- The newest version of each strategy, after the id $1, with its phases in force at $2 on Lotse's clock; at most $3.
select newest.*, coalesce(phases.active, '{}') as active
from (
    select distinct on (strategy_id) strategy_id, version, name, phases, key_id as author, saved_at, retired_at
    from strategy
    where $1::text is null or strategy_id > $1
    order by strategy_id, version desc
    limit $3
) newest
left join lateral (
    select array_agg(distinct p.phase order by p.phase) as active
    from strategy_phase p
    where p.strategy_id = newest.strategy_id and p.starts_at <= $2 and p.ends_at > $2
) phases on true
order by newest.strategy_id;

-- name: list_strategy_versions
-- Versions of the strategy $1 before the version $2 (null: from the newest), newest first, at most $4; of the newest, the
-- phases in force at $3 on Lotse's clock.
select s.strategy_id, s.version, s.name, s.phases, s.key_id as author, s.saved_at, s.retired_at,
    case when s.version = (select max(version) from strategy where strategy_id = $1) then coalesce(
        (
            select array_agg(distinct p.phase order by p.phase) from strategy_phase p
            where p.strategy_id = $1 and p.starts_at <= $3 and p.ends_at > $3
        ), '{}') else '{}' end as active
from strategy s
where s.strategy_id = $1 and ($2::integer is null or s.version < $2)
order by s.version desc
limit $4;

-- name: hold_strategy
-- Keeps others from the strategy $1 until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('strategy ' || $1, 0));

-- name: add_strategy_version
-- The next version of the strategy $1: its name $2, phases $3, by the key $4.
insert into strategy (strategy_id, version, name, phases, key_id)
select $1, coalesce(max(version), 0) + 1, $2, $3, $4 from strategy where strategy_id = $1
returning version;

-- name: retire_strategy
-- Takes the strategy $1 out of use; no row if it was.
update strategy set retired_at = now()
where strategy_id = $1 and retired_at is null and version = (select max(version) from strategy where strategy_id = $1)
returning version;

-- name: sign_sizes
-- Sizes of those of the signs $1 that are in service.
select sign_id, line_count, line_chars, charset from sign where sign_id = any($1::text[]) and retired_at is null;

-- name: end_activation
-- Ends what was begun by hand of the strategy $1, at $2; what expired before is over since then.
update strategy_activation set ended_at = least($2, ends_at)
where strategy_id = $1 and ended_at is null
returning phase, (ends_at > $2) as was_in_force;

-- name: add_activation
-- Begins the phase $2 of the strategy $1 by hand: by the key $3, from $4 until $5.
insert into strategy_activation (strategy_id, phase, key_id, starts_at, ends_at) values ($1, $2, $3, $4, $5)
returning activation_id;
