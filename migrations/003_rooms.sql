-- v3: groups, channels, broadcast lists and the status feed beside direct chats.
--
-- A room has a row in contacts as a person has, with its subject as the name
-- and its address in contact_addresses, so that its conversation is found the
-- same way. room: its address, '' for a person.

ALTER TABLE contacts ADD COLUMN room text NOT NULL DEFAULT '';

-- type: engine.ChatType.
ALTER TABLE conversations ADD COLUMN type text NOT NULL DEFAULT 'direct';

-- sender: the contact who wrote it, in a room; '' in a direct chat, for the
-- seat's own, and in a channel. sender_name: what the person was called then.
-- target_sender: the same of the message that it is about.
ALTER TABLE messages ADD COLUMN sender text NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN sender_name text NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN target_sender text NOT NULL DEFAULT '';

-- Exactly once: two members of a room may choose one ID.
DROP INDEX messages_once;
CREATE UNIQUE INDEX messages_once ON messages (seat, whatsapp_id, direction, conversation, sender);
CREATE INDEX messages_sender ON messages (sender) WHERE sender <> '';
CREATE INDEX messages_target_sender ON messages (target_sender) WHERE target_sender <> '';

-- How far a message of the seat has come with each participant of a room.
CREATE TABLE receipts (
	tenant       text   NOT NULL,
	message      text   NOT NULL,
	contact      text   NOT NULL,
	delivered_at bigint NOT NULL,
	read_at      bigint NOT NULL,
	played_at    bigint NOT NULL,
	PRIMARY KEY (tenant, message, contact),
	FOREIGN KEY (tenant, message) REFERENCES messages (tenant, id),
	FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, id)
);
CREATE INDEX receipts_contact ON receipts (contact);

-- What is known of a group or a channel, as the seat of its conversation sees
-- it. role: the seat's own in it ('member', 'admin', 'superadmin'), '' if it is
-- not in it (any more). learned_at: when all of it was learned last, 0 for not
-- yet. ephemeral: seconds after which messages disappear, 0 for never.
CREATE TABLE rooms (
	tenant       text    NOT NULL,
	conversation text    NOT NULL,
	description  text    NOT NULL,
	announce     boolean NOT NULL,
	locked       boolean NOT NULL,
	approval     boolean NOT NULL,
	ephemeral    integer NOT NULL,
	community    text    NOT NULL,
	role         text    NOT NULL,
	followers    integer NOT NULL,
	founded_at   bigint  NOT NULL,
	learned_at   bigint  NOT NULL,
	PRIMARY KEY (tenant, conversation),
	FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
);

-- The members of a group but the seat itself. since: when the person joined,
-- 0 if that is not known.
CREATE TABLE room_members (
	tenant       text   NOT NULL,
	conversation text   NOT NULL,
	contact      text   NOT NULL,
	role         text   NOT NULL,
	since        bigint NOT NULL,
	PRIMARY KEY (tenant, conversation, contact),
	FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id),
	FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, id)
);
CREATE INDEX room_members_contact ON room_members (contact);
