-- Texts in the town's own words.

-- name: list_text_templates
-- All of them, or that of the language $1 and kind $2 (null: any).
select language, kind, lines, updated_at from text_template
where ($1::text is null or language = $1) and ($2::text is null or kind = $2)
order by language, kind;

-- name: hold_text_template
-- Keeps others from the template of the language $1 and kind $2 until the transaction ends, also where there is none.
select pg_advisory_xact_lock(hashtextextended('text template ' || $1 || '/' || $2, 0));

-- name: put_text_template
-- Creates or replaces the template of the language $1 and kind $2.
insert into text_template as present (language, kind, lines) values ($1, $2, $3)
on conflict (language, kind) do update set lines = excluded.lines, updated_at = now()
returning language, kind, lines, updated_at, (present.xmax = 0) as is_created;

-- name: delete_text_template
-- Deletes one; no row if there is none.
delete from text_template where language = $1 and kind = $2 returning kind;

-- name: text_surroundings
-- What texts have to do for: sizes of signs in service, names of destinations, numbers of corridors.
select
    (
        select coalesce(jsonb_agg(size), '[]') from (
            select distinct line_count, line_chars, charset from sign where retired_at is null
        ) size
    ) as sizes,
    array(select sign_text from destination order by 1) as destinations,
    array(select corridor_id from corridor where retired_at is null order by 1) as corridors;
