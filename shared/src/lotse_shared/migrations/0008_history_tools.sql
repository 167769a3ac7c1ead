-- History: aggregates of a quarter of an hour with the same name and columns on every storage, and the tools of
-- housekeeping. What differs between storages is made by apply_storage_policies, which lotse-migrate calls at every
-- start: a database whose TimescaleDB changes its licence gets what that one can do.

-- Housekeeping looks for old corrections by time.
create index reading_correction_measured_at on reading_correction using brin (measured_at) with (autosummarize = on);

-- The query behind the aggregates, as text. `bucket` is an expression for the first microsecond that belongs to a
-- quarter: measured_at is the *end* of an interval, so that a reading of 07:15:00 tells of the quarter before.
-- Sums, not means: coarser buckets add them up exactly.
create function reading_15min_query(bucket text, condition text) returns text
language plpgsql immutable as $$
declare
    -- What history believes, after judgement: the newest correction where one came, else the first value.
    vehicles constant text := 'case when revision is null then corrected_vehicle_count else revised_vehicle_count end';
    heavy constant text := 'case when revision is null then heavy_count else revised_heavy_count end';
    speed constant text := 'case when revision is null then corrected_mean_speed_kmh else revised_mean_speed_kmh end';
    occupancy constant text := 'case when revision is null then corrected_occupancy_pct else revised_occupancy_pct end';
    lasted_s constant text := 'coalesce(revised_interval_s, interval_s)';
    quality_pct constant text :=
        'coalesce(case when revision is null then quality_pct else revised_quality_pct end, 100)';
begin
    return format($query$
        select %1$s as bucket,
            detector_id,
            count(*) as readings,
            sum(%2$s) as vehicle_count,
            sum(%3$s) filter (where %3$s between 0 and %2$s) as heavy_count,
            sum(coalesce(%2$s, 1)) filter (where %4$s is not null) as speed_weight,
            sum(coalesce(%2$s, 1) * %4$s) as speed_weighted_kmh,
            sum(%6$s) filter (where %5$s is not null) as occupancy_weight_s,
            sum(%6$s * %5$s) as occupancy_weighted_pct,
            coalesce(sum(%6$s) filter (where %7$s >= 100 and coalesce(%2$s, %4$s, %5$s) is not null), 0) as usable_s,
            count(*) filter (where %7$s < 100) as substituted,
            count(*) filter (where coalesce(%2$s, %4$s, %5$s) is null) as invalid
        from reading
        where %8$s
        group by 1, 2 $query$, bucket, vehicles, heavy, speed, occupancy, lasted_s, quality_pct, condition);
end $$;

-- Brings what depends on the storage up to the one in force. Changes nothing of it that is there already.
create function apply_storage_policies() returns void
language plpgsql set client_min_messages = warning as $$
declare
    is_community constant boolean := (select backend from storage_in_force()) = 'timescaledb-community';
    condition constant text := '(detectors is null or detector_id = any (detectors))';
    columns constant text := 'bucket - interval ''1 microsecond'', detector_id, readings, vehicle_count, heavy_count,'
        ' speed_weight, speed_weighted_kmh, occupancy_weight_s, occupancy_weighted_pct, usable_s, substituted, invalid';
    body text;
begin
    if is_community then
        if to_regclass('reading_15min_kept') is null then
            execute 'create materialized view reading_15min_kept'
                || ' with (timescaledb.continuous, timescaledb.materialized_only = false) as '
                || reading_15min_query($b$time_bucket('15 minutes', measured_at, interval '1 microsecond')$b$, 'true')
                || ' with no data';
            perform set_chunk_time_interval('reading_15min_kept', interval '30 days');
            alter materialized view reading_15min_kept set (timescaledb.compress);
            alter table reading set (timescaledb.compress,
                timescaledb.compress_segmentby = 'detector_id', timescaledb.compress_orderby = 'measured_at');
            alter table link_state_history set (timescaledb.compress,
                timescaledb.compress_segmentby = 'link_id', timescaledb.compress_orderby = 'observed_at');
        end if;
        -- Asked for what is aggregated already, we go to where it lies: to plan the view's other half, the readings since,
        -- takes longer than to answer.
        body := format(
            'language plpgsql stable set plan_cache_mode = force_custom_plan as $body$
            #variable_conflict use_column
            begin
                if measured_until < _timescaledb_functions.to_timestamp(_timescaledb_functions.cagg_watermark(%1$s)) then
                    return query select %4$s from %2$s where bucket > measured_after and bucket <= measured_until and %3$s;
                else
                    return query select %4$s from reading_15min_kept
                        where bucket > measured_after and bucket <= measured_until and %3$s;
                end if;
            end $body$',
            c.mat_hypertable_id,
            format('%I.%I', h.schema_name, h.table_name), condition, columns)
        from _timescaledb_catalog.continuous_agg c
        join _timescaledb_catalog.hypertable h on h.id = c.mat_hypertable_id
        where format('%I.%I', c.user_view_schema, c.user_view_name)::regclass = 'reading_15min_kept'::regclass;
    else
        body := format('language sql stable as $body$ select %s from (%s) as quarter $body$', columns,
            reading_15min_query(
                $b$date_bin('15 minutes', measured_at, timestamptz '2000-01-01 00:00:00.000001Z')$b$,
                'measured_at > measured_after and measured_at <= measured_until and ' || condition));
    end if;
    -- A function, not a view: only so its reader's bounds reach the partitions below the aggregate.
    execute $ddl$
        create or replace function reading_15min(
            measured_after timestamptz, measured_until timestamptz, detectors text[])  -- null: all of them
        returns table (
            begins_at timestamptz,
            detector_id text,
            readings bigint,
            vehicle_count double precision,
            heavy_count double precision,
            speed_weight double precision,             -- vehicles whose speed is known; an uncounted interval weighs 1
            speed_weighted_kmh double precision,       -- divided by speed_weight: the mean speed
            occupancy_weight_s double precision,
            occupancy_weighted_pct double precision,   -- divided by occupancy_weight_s: the mean occupancy
            usable_s double precision,                 -- in which the detector itself measured something usable
            substituted bigint,                        -- readings with a substitute value
            invalid bigint                             -- readings without any usable value
        ) $ddl$ || body;
end $$;

-- The chunks (TimescaleDB) or partitions of one day (plain PostgreSQL) of a big table, oldest first.
create function list_chunks(big_table regclass)
returns table (chunk regclass, begins_at timestamptz, ends_at timestamptz, is_compressed boolean)
language plpgsql stable as $$
begin
    if (select backend from storage_in_force()) = 'postgresql' then
        return query
            select c.oid::regclass, d.utc_day::timestamp at time zone 'UTC', (d.utc_day + 1)::timestamp at time zone 'UTC',
                false
            from pg_inherits i
            join pg_class c on c.oid = i.inhrelid
            cross join lateral (values (to_date(right(c.relname, 8), 'YYYYMMDD'))) as d (utc_day)
            where i.inhparent = big_table
            order by 2;
    else
        -- 1: compressed, and no row came after that (it would stand beside the compressed ones, uncompressed).
        return query
            select s.chunk, k.range_start, k.range_end, _timescaledb_functions.chunk_status(s.chunk) = 1
            from show_chunks(big_table) as s (chunk)
            join timescaledb_information.chunks k on format('%I.%I', k.chunk_schema, k.chunk_name)::regclass = s.chunk
            order by 2;
    end if;
end $$;

-- Drops the oldest chunk that ends at or before the cutoff, and tells how many rows went with it; null: there is none.
create function drop_oldest_chunk(big_table regclass, cutoff timestamptz) returns bigint
language plpgsql as $$
declare
    oldest record;
    dropped_rows bigint;
begin
    select * into oldest from list_chunks(big_table) c where c.ends_at <= cutoff order by c.ends_at limit 1;
    if not found then
        return null;
    end if;
    execute format('select count(*) from %s', oldest.chunk) into dropped_rows;
    if (select backend from storage_in_force()) = 'postgresql' then
        execute format('drop table %s', oldest.chunk);
    else
        perform drop_chunks(big_table, older_than => oldest.ends_at);
    end if;
    return dropped_rows;
end $$;

-- Compresses the oldest chunk that ends at or before the cutoff and has uncompressed rows, and tells its name; null: there is
-- none, or the storage in force cannot compress.
create function compress_oldest_chunk(big_table regclass, cutoff timestamptz) returns text
language plpgsql set client_min_messages = warning as $$
declare
    oldest regclass;
begin
    if (select backend from storage_in_force()) <> 'timescaledb-community' then
        return null;
    end if;
    select c.chunk into oldest from list_chunks(big_table) c
    where c.ends_at <= cutoff and not c.is_compressed order by c.ends_at limit 1;
    if oldest is not null then
        perform compress_chunk(oldest, if_not_compressed => true);
    end if;
    return oldest::text;
end $$;

-- What a table takes on disk with its chunks, indexes and compressed rows.
create function table_bytes(asked regclass) returns bigint
language plpgsql stable as $$
begin
    if (select backend from storage_in_force()) = 'postgresql' then
        return coalesce((select sum(pg_total_relation_size(relid)) from pg_partition_tree(asked)),
            pg_total_relation_size(asked));
    end if;
    return coalesce(hypertable_size(asked), pg_total_relation_size(asked));
end $$;
