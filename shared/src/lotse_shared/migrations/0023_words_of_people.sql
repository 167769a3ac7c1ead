-- Owned by routing: whose word a decision is, as data and in every language.
alter table decision
    -- {"why": [...], "suspended": [...]}: what happened, a code and its figures each; null: a decision of before, whose
    -- English `why` and `suspended` are all there is. Both go on being written: a version before reads nothing else.
    add column events jsonb,
    add column suspended_words jsonb not null default '{}';   -- `suspended` by language, as `explanations`

-- Why a change is proposed, by language. `explanation` stays the English one, and is all that those of before have.
alter table proposal add column explanations jsonb not null default '{}';
