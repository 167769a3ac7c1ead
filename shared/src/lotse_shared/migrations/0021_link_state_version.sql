-- Whether links are still as they were when somebody read them last, without reading them.

-- Owned by routing: one row, with a new value after each write of `link_state`, in the transaction of that write. It is
-- drawn and not counted: a restored backup would count the same numbers again, for other states.
create table link_state_version (
    only_row boolean primary key default true check (only_row),
    version uuid not null default gen_random_uuid()
);
insert into link_state_version default values;

create function renew_link_state_version() returns trigger
language plpgsql as $$
begin
    update link_state_version set version = gen_random_uuid();
    return null;
end $$;

create trigger link_state_version after insert or update or delete or truncate on link_state
    execute function renew_link_state_version();
