-- v16: what is set on a chat is told by app state, and by the phone's history
-- of before.
--
-- told: bits for what of a conversation's state has been told (store/chat_told.go),
-- so that the history doesn't undo what came since.
ALTER TABLE conversations ADD COLUMN told integer NOT NULL DEFAULT 0;
