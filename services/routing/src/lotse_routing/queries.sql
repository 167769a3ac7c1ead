-- What routing reads of the others' tables, and writes to its own.

-- name: active_version
-- Version of the active network.
select network_version from network where is_active;

-- name: signs
-- Signs in service.
select sign_id, link_id, line_count, line_chars, destinations, fallback, priority, mode, charset
from sign
where retired_at is null
order by sign_id;

-- name: destinations
-- Places that signs point to.
select destination_id, name, sign_text, node_id from destination order by destination_id;

-- name: corridors
-- Approved detours in service.
select corridor_id, links, signs, destinations, vehicles from corridor where retired_at is null order by corridor_id;

-- name: roadworks
-- Approved roadworks that are not over at $1 (null: all); those to come belong to it, so that they start without a hint.
select roadwork_id, name, effect, speed_kmh, lanes_closed, vehicles, links, starts_at, ends_at, ended_at, recurrence,
    time_zone
from effective_roadwork
where $1::timestamptz is null or coalesce(least(ends_at, ended_at), 'infinity') > $1
order by roadwork_id;

-- name: detectors
-- Where detectors measure; those not located yet are of no use here, nor those that an operator holds to be failed (R10).
select detector_id, link_id from detector where link_id is not null and failed_at is null order by detector_id;

-- name: detector_states
-- Newest accepted reading of every detector, corrected values.
select detector_id, measured_at, interval_s, vehicle_count, mean_speed_kmh, quality_pct from detector_state;

-- name: readings_between
-- Readings of one closed interval of data time. Those of unknown (U1) or failed (R10) detectors, and late ones (L1), are
-- never felt.
select detector_id, measured_at, interval_s, corrected_vehicle_count, corrected_mean_speed_kmh,
    coalesce(quality_pct, 100)
from reading
where measured_at > $1 and measured_at <= $2 and not rule_codes && '{U1,L1,R10}'
order by measured_at, detector_id;

-- name: next_watermark
-- First watermark after $1 (null: the first of all).
select covers_until, committed_at
from watermark
where $1::timestamptz is null or covers_until > $1
order by covers_until
limit 1;

-- name: watermarks_between
-- Watermarks after $1 up to and including $2, in order: the steps to take again after a restart.
select covers_until, committed_at from watermark where covers_until > $1 and covers_until <= $2 order by covers_until;

-- name: count_late_watermarks
-- Watermarks that lie before the step $1 and came after $2: their steps were never taken.
select count(*) from watermark where covers_until < $1 and committed_at > $2;

-- name: try_lead
-- Take the planner's advisory lock if nobody has it. It is held until this connection ends.
select pg_try_advisory_lock($1);

-- name: notice_lost_peers
-- Let the server notice in 3 s that this client is gone, so that a partitioned leader's lock becomes free.
select set_config('tcp_keepalives_idle', '1', false),
    set_config('tcp_keepalives_interval', '1', false),
    set_config('tcp_keepalives_count', '2', false),
    set_config('tcp_user_timeout', '3000', false);

-- name: leader
-- Who holds the planner's lock $1, when its heart last beat, and whether it only waits for somebody else's transaction.
select a.pid, p.heartbeat_at, a.wait_event_type is not distinct from 'Lock' as waits_for_a_lock
from pg_locks l
join pg_stat_activity a using (pid)
left join planner p on true
where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and a.datname = current_database()
    and l.database = a.datid and (l.classid::bigint << 32) | l.objid::bigint = $1;

-- name: end_leader
-- End the connection of a leader that hangs; what it was in the middle of is rolled back.
select pg_terminate_backend($1);

-- name: ensure_planner
-- Make the planner's one row; an existing heartbeat stays as it is until a step was made.
insert into planner (heartbeat_at, lineage) values (now(), database_lineage()) on conflict do nothing;

-- name: follow_lineage
-- Raise the epoch if the database takes another course than when it was drawn: signs may hold later numbers.
update planner set epoch = later_epoch(epoch), lineage = database_lineage()
where lineage is distinct from database_lineage()
returning epoch;

-- name: raise_epoch
-- Raise the epoch whatever the database says of itself.
update planner set epoch = later_epoch(epoch), lineage = database_lineage() returning epoch;

-- name: read_planner
-- Epoch, and how far decisions were computed.
select epoch, covers_until from planner;

-- name: beat
-- Heartbeat on the wall clock; decisions readable now are computed up to $1 on network $2.
update planner set heartbeat_at = clock_timestamp(), covers_until = $1, network_version = $2
returning epoch, profile_generation, lineage is not distinct from database_lineage() as is_same_course;

-- name: newest_decisions
-- Decision in force of every sign.
select distinct on (sign_id)
    sign_id, epoch, seq, state, lines, explanation, explanations, decided_at, sensed_at, network_version, detours, body,
    source, why, shows_detours, suspended, grounds, events
from decision
order by sign_id, epoch desc, seq desc, decision_id desc;

-- name: decisions_in_force_at
-- Decision in force of every sign at the moment $1 of Lotse's clock.
select distinct on (sign_id)
    sign_id, epoch, seq, state, lines, explanation, explanations, decided_at, sensed_at, network_version, detours, body,
    source, why, shows_detours, suspended, grounds, events
from decision
where decided_at <= $1
order by sign_id, decided_at desc, epoch desc, decision_id desc;

-- name: decisions_between
-- Decisions after $1 up to and including $2, as they were written.
select sign_id, decided_at, state, lines, explanation, detours, network_version
from decision
where decided_at > $1 and decided_at <= $2
order by decision_id;

-- name: watermark_before
-- The newest watermark at or before $1; null: none.
select max(covers_until) from watermark where covers_until <= $1;

-- name: has_readings_between
-- Tells whether anything was measured after $1, up to and including $2.
select exists (select from reading where measured_at > $1 and measured_at <= $2);

-- name: first_reading_day
-- Begin of the oldest piece of readings that has any; null: there are none.
select c.begins_at
from list_chunks('reading') as c
where exists (select from reading r where r.measured_at >= c.begins_at and r.measured_at < c.ends_at)
order by c.begins_at
limit 1;

-- name: insert_decision
-- Write a decision down.
insert into decision
    (sign_id, epoch, seq, state, lines, explanation, explanations, decided_at, sensed_at, network_version, detours,
    body, etag, source, why, shows_detours, suspended, grounds, events, suspended_words)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, nullif($17, ''), $18, $19, $20);

-- name: written_links
-- Links that have a state.
select link_id from link_state;

-- name: upsert_link_states
-- Write link states, a JSON array of them.
insert into link_state (link_id, observed_at, speed_kmh, level_of_service, confidence, source, detectors)
select link_id, observed_at, speed_kmh, level_of_service, confidence, source,
    array(select jsonb_array_elements_text(detectors))
from jsonb_to_recordset($1::jsonb) as state (
    link_id text, observed_at timestamptz, speed_kmh float8, level_of_service text,
    confidence float8, source text, detectors jsonb
)
on conflict (link_id) do update set
    observed_at = excluded.observed_at, speed_kmh = excluded.speed_kmh,
    level_of_service = excluded.level_of_service, confidence = excluded.confidence,
    source = excluded.source, detectors = excluded.detectors;

-- name: insert_link_history
-- Keep what was known of links at the moment $2 of Lotse's clock.
insert into link_state_history (link_id, observed_at, speed_kmh, level_of_service, confidence, source)
select link_id, $2, speed_kmh, level_of_service, confidence, source
from jsonb_to_recordset($1::jsonb) as state (
    link_id text, speed_kmh float8, level_of_service text, confidence float8, source text
)
on conflict (link_id, observed_at) do nothing;

-- name: delete_link_states
-- Forget links that no detector measures any more, or that the network no longer has.
delete from link_state where link_id = any($1::text[]);

-- name: ensure_history_partition
-- Make room for the history of a day (UTC).
select ensure_partition('link_state_history', $1);

-- name: profile_generation
-- How often the profile was built from history: whoever read it before that reads it again.
select profile_generation from planner;

-- name: read_profile
-- What is usual on each link, a row a link and weekday.
select link_id, weekday, speeds_kmh, weeks, learned_until from link_profile order by link_id, weekday;

-- name: save_profile
-- Write days of the profile.
insert into link_profile (link_id, weekday, speeds_kmh, weeks, learned_until) values ($1, $2, $3, $4, $5)
on conflict (link_id, weekday) do update set
    speeds_kmh = excluded.speeds_kmh, weeks = excluded.weeks, learned_until = excluded.learned_until;

-- name: replace_profile
-- Begin to replace the profile: takes the planner's row, so that no planner writes meanwhile what was there before.
update planner set profile_generation = profile_generation + 1;

-- name: delete_profile
-- Forget what is usual.
delete from link_profile;

-- name: quarters_of_links
-- Mean speeds of quarters of an hour by link, from what was measured after $1 and up to $2, both ends of quarters: those
-- of substitutes alone and of detectors that are failed by hand are left out.
select q.begins_at, d.link_id, sum(q.speed_weighted_kmh) / sum(q.speed_weight) as mean_speed_kmh
from reading_15min($1, $2, null) q
join detector d on d.detector_id = q.detector_id and d.link_id is not null and d.failed_at is null
where q.usable_s > 0 and q.speed_weight > 0
group by q.begins_at, d.link_id
order by q.begins_at, d.link_id;

-- name: read_trips
-- The sample of usual trips.
select departs_s, links, vehicles, weekdays from usual_trip order by trip_id;

-- name: delete_trips
-- Forget the usual trips.
delete from usual_trip;

-- name: insert_trip
-- Keep a usual trip.
insert into usual_trip (trip_id, weekdays, departs_s, vehicles, links) values ($1, $2, $3, $4, $5);

-- name: locks
-- Locks that nobody released, and that are not over at $1 (null: all), with the name of their author's key.
select l.sign_id, l.lines, l.reason, coalesce(nullif(k.name, ''), l.key_id) as author, l.expires_at
from sign_lock l left join api_key k using (key_id)
where l.released_at is null and ($1::timestamptz is null or l.expires_at > $1)
order by l.sign_id;

-- name: locks_between
-- Locks that were in force at any time from $1 to $2, those released since included, the newest first.
select l.sign_id, l.lines, l.reason, coalesce(nullif(k.name, ''), l.key_id) as author, l.expires_at,
    l.locked_at, l.released_at
from sign_lock l left join api_key k using (key_id)
where l.locked_at <= $2 and coalesce(l.released_at, l.expires_at) > $1
order by l.sign_id, l.locked_at desc, l.lock_id desc;

-- name: strategy_phases
-- Phases of strategies in use that are not over at $1 (null: all).
select strategy_id, name, phase, starts_at, ends_at, messages
from strategy_phase
where $1::timestamptz is null or ends_at > $1
order by strategy_id, starts_at, phase;

-- name: text_templates
-- The town's own words of the language $1.
select kind, lines from text_template where language = $1 order by kind;

-- name: proposal_answers
-- What people said to proposals that wait, with the name of their key.
select a.proposal_id, a.is_accepted, coalesce(nullif(k.name, ''), a.key_id) as author
from proposal_answer a
join proposal p on p.proposal_id = a.proposal_id and p.state = 'waiting'
left join api_key k on k.key_id = a.key_id
order by a.proposal_id;

-- name: newest_proposals
-- The newest proposal of every sign.
select distinct on (sign_id)
    sign_id, number, plan, lines, explanation, explanations, detours, made_at, expires_at, state, settled_at
from proposal
order by sign_id, number desc;

-- name: withdraw_proposals
-- Withdraw at $3 what waits of the sign $1 but for its newest proposal, number $2.
update proposal set state = 'withdrawn', settled_at = $3 where sign_id = $1 and number < $2 and state = 'waiting';

-- name: save_proposal
-- Write a proposal down, or what became of it.
insert into proposal
    (proposal_id, sign_id, number, plan, lines, explanation, explanations, detours, made_at, expires_at, state,
    settled_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (proposal_id) do update set state = excluded.state, settled_at = excluded.settled_at;

-- name: raise_suspended
-- Raise an alarm at $3 that an order for the sign $1 is not followed; one that is up tells the newest reason.
insert into alarm (kind, subject, message, raised_at) values ('order-suspended', $1, $2, $3)
on conflict (kind, subject) where cleared_at is null do update set message = excluded.message;

-- name: clear_suspended
-- Clear it at $2, and those of signs that were retired meanwhile.
update alarm set cleared_at = $2
where kind = 'order-suspended' and cleared_at is null and (
    subject = $1 or not exists (select from sign where sign_id = alarm.subject and retired_at is null)
);
