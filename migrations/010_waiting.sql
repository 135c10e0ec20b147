-- v10: messages that could not be decrypted yet, for the phone to be asked for again.

CREATE INDEX messages_waiting ON messages (seat) WHERE kind = 'waiting';
