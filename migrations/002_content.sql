-- v2: what messages hold beyond text, and what later messages do to them.
--
-- content and marks are JSON (engine.Content, engine.Marks), '' for none.
-- hidden: the message shows on its target (a reaction, an edit …), not by itself.

ALTER TABLE messages ADD COLUMN content text NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN marks text NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN target_from_me boolean NOT NULL DEFAULT false;
ALTER TABLE messages ADD COLUMN hidden boolean NOT NULL DEFAULT false;
ALTER TABLE messages ADD COLUMN edited_at bigint NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN revoked_at bigint NOT NULL DEFAULT 0;

-- What was said about a message, for one that comes after it.
CREATE INDEX messages_target ON messages (conversation, target) WHERE target <> '';
