-- How the big tables are stored: TimescaleDB hypertables where the extension is loaded,
-- native range partitions of one day otherwise. Readers see the same tables either way.

do $$
begin
    if exists (select from pg_available_extensions where name = 'timescaledb')
       and current_setting('shared_preload_libraries') like '%timescaledb%' then
        create extension if not exists timescaledb;
    end if;
end $$;

-- What is in force: timescaledb-community, timescaledb-apache or postgresql, with its version.
create function storage_in_force(out backend text, out version text)
language plpgsql stable as $$
begin
    select e.extversion into version from pg_extension e where e.extname = 'timescaledb';
    if found then
        backend := case current_setting('timescaledb.license', true)
            when 'timescale' then 'timescaledb-community' else 'timescaledb-apache' end;
    else
        backend := 'postgresql';
        version := current_setting('server_version');
    end if;
end $$;

-- Turns an empty table with the given time column into a hypertable where TimescaleDB is in force.
-- (Plain PostgreSQL needs the partitioning in CREATE TABLE itself: see partition_clause.)
create function partition_clause(time_column name) returns text
language sql stable as $$
    select case when (select backend from storage_in_force()) = 'postgresql'
        then format('partition by range (%I)', time_column) else '' end;
$$;

create function make_hypertable(big_table regclass, time_column name) returns void
language plpgsql as $$
begin
    if (select backend from storage_in_force()) <> 'postgresql' then
        perform create_hypertable(big_table, time_column, chunk_time_interval => interval '1 day',
                                 create_default_indexes => false);
    end if;
end $$;

-- Makes sure that rows of this UTC day have a partition. TimescaleDB makes its chunks itself.
create function ensure_partition(big_table regclass, utc_day date) returns void
language plpgsql as $$
declare
    partition_name text := format('%s_p%s', big_table, to_char(utc_day, 'YYYYMMDD'));
begin
    if (select relkind from pg_class where oid = big_table) <> 'p' or to_regclass(partition_name) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext(partition_name));
    execute format('create table if not exists %I partition of %s for values from (%L) to (%L)',
        partition_name, big_table,
        utc_day::timestamp at time zone 'UTC', (utc_day + 1)::timestamp at time zone 'UTC');
end $$;

-- A hint on the channel named after the table, once per statement. PostgreSQL folds equal hints of one transaction
-- into one. The reader always re-reads the table, so a lost hint costs a tick, not data.
create function notify_of_change() returns trigger
language plpgsql as $$
begin
    perform pg_notify(tg_table_name, '');
    return null;
end $$;
