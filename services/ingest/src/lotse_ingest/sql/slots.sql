-- SQL about replicas of ingest.

-- name: is_running
-- Tells whether the slot with this session serves: it listens for hints under that name (PostgreSQL keeps 63 bytes).
select exists (
    select from pg_stat_activity
    where datname = current_database() and application_name = left($1 || '-hints', 63)
)
