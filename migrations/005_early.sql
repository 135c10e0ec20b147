-- v5: how many changes a conversation has of messages that have not come yet.
--
-- A message looks for what was said about it before it came only if there is
-- such a change, so that it costs most messages nothing.

ALTER TABLE conversations ADD COLUMN early integer NOT NULL DEFAULT 0;
UPDATE conversations SET early = (
	SELECT COUNT(*) FROM messages m
	WHERE m.conversation = conversations.id AND m.kind IN ('reaction', 'edit', 'revoke', 'vote') AND NOT m.hidden);
