-- v6: the secrets that come with messages.
--
-- secret: the client's own (engine.Incoming.Secret), with which it reads what
-- is said later about the message: votes, and some edits and reactions.

ALTER TABLE messages ADD COLUMN secret bytea;
