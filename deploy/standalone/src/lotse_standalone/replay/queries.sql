-- name: count_rule_codes
-- Readings stored with each rule code.
select code, count(*) as readings
from reading, unnest(rule_codes) as code
group by code
order by code

-- name: count_reasons
-- Readings kept as dead letters, by kind and reason code.
select kind, reason_code, count(*) as messages
from rejected_message
group by kind, reason_code
order by kind, reason_code

-- name: count_rows_of_reading
-- Readings in the table itself, which the ledger is held against.
select count(*) as readings
from reading

-- name: count_watermarks
-- Steps of data time.
select count(*) as watermarks
from watermark
