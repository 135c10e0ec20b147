-- v16: what waits to be sent is read conversation by conversation.

DROP INDEX messages_outbox_people;
CREATE INDEX messages_outbox_conversation ON messages (conversation, seq) WHERE delivery IN ('queued', 'sending');
