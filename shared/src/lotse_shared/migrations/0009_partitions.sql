-- A partition is made beside its table and then attached. `create table ... partition of` locks the whole table against
-- everybody: it would wait for whoever still reads (an export reads for minutes), and all others would wait behind it, the
-- first readings of a day among them. Attaching waits for neither readers nor writers.
create or replace function ensure_partition(big_table regclass, utc_day date) returns void
language plpgsql as $$
declare
    partition_name text := format('%s_p%s', big_table, to_char(utc_day, 'YYYYMMDD'));
begin
    if (select relkind from pg_class where oid = big_table) <> 'p' or to_regclass(partition_name) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext(partition_name));
    if exists (
        select from pg_inherits join pg_class on oid = inhrelid where inhparent = big_table and relname = partition_name
    ) then
        return;  -- another made it meanwhile; to_regclass need not know of it yet
    end if;
    execute format('create table %I (like %s including all excluding indexes)', partition_name, big_table);
    execute format('alter table %s attach partition %I for values from (%L) to (%L)', big_table, partition_name,
        utc_day::timestamp at time zone 'UTC', (utc_day + 1)::timestamp at time zone 'UTC');
end $$;
