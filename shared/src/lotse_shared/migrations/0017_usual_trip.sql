-- Owned by routing (lotse-routing import-trips): a sample of the trips that are usually made, with the way each habitually
-- takes. From it routing knows whom a disturbance hits: who passes a sign, then the disturbance, then a street behind it.

create table usual_trip (
    trip_id integer primary key,
    weekdays smallint[] not null check (cardinality(weekdays) > 0),  -- 0 = Monday, in local time
    departs_s integer not null check (departs_s between 0 and 86399),   -- seconds since local midnight
    vehicles double precision not null check (vehicles > 0),           -- that it stands for, on each of these days
    links text[] not null check (cardinality(links) > 1)               -- head to tail
);

create trigger usual_trip_hint after insert or update or delete or truncate on usual_trip
    for each statement execute function notify_of_change();
