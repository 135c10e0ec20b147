-- v11: what WhatsApp knows of chats and people beyond messages.

-- labels: the IDs of labels, each between spaces, so that one is found and
-- taken out by text alone: ' a b '. listed: it is on the list; false before the
-- first message and after it was deleted.
ALTER TABLE conversations ADD COLUMN archived boolean NOT NULL DEFAULT false;
ALTER TABLE conversations ADD COLUMN pinned boolean NOT NULL DEFAULT false;
ALTER TABLE conversations ADD COLUMN muted_until bigint NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN marked_unread boolean NOT NULL DEFAULT false;
ALTER TABLE conversations ADD COLUMN labels text NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN listed boolean NOT NULL DEFAULT true;

-- deleted_at: when the message was removed from the account. Text and content
-- are gone then; the row stays, so that the message is known when it comes
-- again.
ALTER TABLE messages ADD COLUMN starred boolean NOT NULL DEFAULT false;
ALTER TABLE messages ADD COLUMN labels text NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN deleted_at bigint NOT NULL DEFAULT 0;

ALTER TABLE contacts ADD COLUMN saved_name text NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN first_name text NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN business_name text NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN about text NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN picture text NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN keys_changed_at bigint NOT NULL DEFAULT 0;

-- presence: engine.PresenceMode. privacy: JSON by category, '' for not known.
ALTER TABLE seats ADD COLUMN presence text NOT NULL DEFAULT 'unavailable';
ALTER TABLE seats ADD COLUMN reject_calls boolean NOT NULL DEFAULT false;
ALTER TABLE seats ADD COLUMN reject_text text NOT NULL DEFAULT '';
ALTER TABLE seats ADD COLUMN unarchive boolean NOT NULL DEFAULT false;
ALTER TABLE seats ADD COLUMN privacy text NOT NULL DEFAULT '';

-- What one seat thinks of a contact.
CREATE TABLE seat_contacts (
	tenant       text    NOT NULL,
	seat         text    NOT NULL,
	contact      text    NOT NULL,
	blocked      boolean NOT NULL,
	status_muted boolean NOT NULL,
	PRIMARY KEY (tenant, seat, contact),
	FOREIGN KEY (tenant, seat) REFERENCES seats (tenant, id),
	FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, id)
);
CREATE INDEX seat_contacts_contact ON seat_contacts (contact);

-- A label that was put on something before anybody told what it is has no
-- name.
CREATE TABLE labels (
	tenant      text    NOT NULL,
	id          text    NOT NULL,
	seat        text    NOT NULL,
	whatsapp_id text    NOT NULL,
	name        text    NOT NULL,
	color       integer NOT NULL,
	deleted     boolean NOT NULL,
	PRIMARY KEY (tenant, id),
	FOREIGN KEY (tenant, seat) REFERENCES seats (tenant, id)
);
CREATE UNIQUE INDEX labels_once ON labels (seat, whatsapp_id);

-- caller: who calls, in a group; '' for the conversation's contact. message:
-- its line in the conversation. refused: by us, as the seat's settings say.
-- texted_at: when the text that goes with that was queued.
CREATE TABLE calls (
	tenant       text    NOT NULL,
	id           text    NOT NULL,
	seat         text    NOT NULL,
	conversation text    NOT NULL,
	caller       text    NOT NULL,
	message      text    NOT NULL,
	whatsapp_id  text    NOT NULL,
	video        boolean NOT NULL,
	state        text    NOT NULL,
	refused      boolean NOT NULL,
	texted_at    bigint  NOT NULL,
	at           bigint  NOT NULL,
	accepted_at  bigint  NOT NULL,
	ended_at     bigint  NOT NULL,
	PRIMARY KEY (tenant, id),
	FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
);
CREATE UNIQUE INDEX calls_once ON calls (seat, whatsapp_id);
CREATE INDEX calls_conversation ON calls (conversation);
CREATE INDEX calls_newest ON calls (tenant, at, id);
CREATE INDEX calls_caller ON calls (caller) WHERE caller <> '';
