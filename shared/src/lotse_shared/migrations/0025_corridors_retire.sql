-- Owned by the gateway: corridors go out of service as signs do, and their history stays.
alter table corridor add column retired_at timestamptz;
