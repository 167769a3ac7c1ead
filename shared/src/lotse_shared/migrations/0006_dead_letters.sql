-- Owned by ingest: what dead letters need to be looked at, downloaded and replayed, and what proves that none is missing.

alter table rejected_message
    add column payload_bytes bigint,       -- of the whole payload; more than the length of `payload`: it was cut
    add column measured_at timestamptz,    -- of the reading inside, where it could be read
    add column seq bigint,                 -- the publisher's own counter, likewise
    add column replayed_at timestamptz;    -- when it was last decoded again, in vain; null: never

update rejected_message set payload_bytes =
    coalesce(substring(reason from 'of ([0-9]+) bytes were kept')::bigint, octet_length(payload));
alter table rejected_message alter column payload_bytes set not null;

-- Lists go by time, all of them or those of one reason; the digest tells apart what came at the same moment.
drop index rejected_message_received_at;
create index rejected_message_received_at on rejected_message (received_at, digest);
create index rejected_message_reason on rejected_message (reason_code, received_at, digest);
-- Has what is stored now been quarantined before? Which numbers of a detector's counter are not in `reading`?
create index rejected_message_measured_at on rejected_message (measured_at, detector_id) where measured_at is not null;
create index rejected_message_seq on rejected_message (detector_id, seq) where seq is not null;

-- The dead letters that a filter wants, for whoever lists or replays them; null: any.
create function dead_letters_that(
    wanted_kind text, wanted_reason_code text, wanted_detector_id text, topic_pattern text,
    after_moment timestamptz, until_moment timestamptz, wanted_digests bytea[]
) returns setof rejected_message
language sql stable as $$
    select * from rejected_message
    where (wanted_kind is null or kind = wanted_kind)
        and (wanted_reason_code is null or reason_code = wanted_reason_code)
        and (wanted_detector_id is null or detector_id = wanted_detector_id)
        and (topic_pattern is null or topic ~ topic_pattern)
        and received_at > coalesce(after_moment, '-infinity') and received_at <= coalesce(until_moment, 'infinity')
        and (wanted_digests is null or digest = any (wanted_digests))
$$;
