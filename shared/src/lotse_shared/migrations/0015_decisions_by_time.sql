-- Owned by routing: what a sign showed at a past moment is looked for by time.
create index decision_by_time on decision (sign_id, decided_at desc, epoch desc, decision_id desc);
