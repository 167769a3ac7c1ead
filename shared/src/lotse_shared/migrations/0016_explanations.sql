-- Owned by routing: the explanation of a decision in every language, {"de": ..., "en": ...}. `explanation` stays the
-- English one. Decisions of before have it alone.
alter table decision add column explanations jsonb not null default '{}';
