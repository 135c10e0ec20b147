-- v17: a part of the history that is gone is asked for again.
--
-- asks: how often the phone was asked to upload it again. asked_at: when last,
-- 0 if it isn't waited for.
ALTER TABLE history_parts ADD COLUMN asks integer NOT NULL DEFAULT 0;
ALTER TABLE history_parts ADD COLUMN asked_at bigint NOT NULL DEFAULT 0;
