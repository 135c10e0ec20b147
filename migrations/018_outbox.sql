-- v18: what waits to be sent is read conversation by conversation.
-- lead_at: when the other side wrote last, 0 if it never did.

DROP INDEX messages_outbox_people;
CREATE INDEX messages_outbox_conversation ON messages (conversation, seq) WHERE delivery IN ('queued', 'sending');

ALTER TABLE conversations ADD COLUMN lead_at bigint NOT NULL DEFAULT 0;
UPDATE conversations SET lead_at = COALESCE((SELECT MAX(m.at) FROM messages m
WHERE m.conversation = conversations.id AND m.direction = 'in'), 0);
