-- v1: accounts, seats, conversations, messages with the outbox, turns and the event log.
--
-- Times are Unix milliseconds in UTC, 0 for none. Identifiers are UUIDs of
-- version 7, so that an index by them grows at its end. Secondary indexes
-- leave the tenant out: what they start with belongs to one tenant anyway.

CREATE TABLE settings (
	key   text NOT NULL PRIMARY KEY,
	value text NOT NULL
);

-- Locked by every sign-up, so that two of them can't both be the first.
INSERT INTO settings (key, value) VALUES ('signup', '');

-- Every write of a tenant's rows counts last_seq up, so the row is small.
CREATE TABLE tenants (
	id         text   NOT NULL PRIMARY KEY,
	name       text   NOT NULL,
	last_seq   bigint NOT NULL,
	created_at bigint NOT NULL
);

-- A tenant's settings of the AI.
CREATE TABLE assistants (
	tenant   text    NOT NULL PRIMARY KEY REFERENCES tenants (id),
	enabled  boolean NOT NULL,
	persona  text    NOT NULL,
	business text    NOT NULL
);

CREATE TABLE users (
	tenant        text    NOT NULL REFERENCES tenants (id),
	id            text    NOT NULL,
	name          text    NOT NULL,
	email         text    NOT NULL,
	password_hash text    NOT NULL,
	admin         boolean NOT NULL,
	created_at    bigint  NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX users_id ON users (id);
CREATE UNIQUE INDEX users_email ON users (email);

-- Who reads this table can't sign in with it: it knows hashes of tokens only.
CREATE TABLE sessions (
	token_hash text   NOT NULL PRIMARY KEY,
	data       bytea  NOT NULL,
	expires_at bigint NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE seats (
	tenant          text   NOT NULL REFERENCES tenants (id),
	id              text   NOT NULL,
	name            text   NOT NULL,
	desired         text   NOT NULL,
	state           text   NOT NULL,
	reason          text   NOT NULL,
	since           bigint NOT NULL,
	until           bigint NOT NULL,
	detail          text   NOT NULL,
	device          text   NOT NULL,
	phone           text   NOT NULL,
	lid             text   NOT NULL,
	platform        text   NOT NULL,
	push_name       text   NOT NULL,
	pairing_code    text   NOT NULL,
	pairing_expires bigint NOT NULL,
	created_at      bigint NOT NULL,
	removed_at      bigint NOT NULL,
	PRIMARY KEY (tenant, id)
);
-- A number is one seat's on the whole platform.
CREATE UNIQUE INDEX seats_phone ON seats (phone) WHERE device <> '' AND desired <> 'removed';

CREATE TABLE contacts (
	tenant     text   NOT NULL REFERENCES tenants (id),
	id         text   NOT NULL,
	name       text   NOT NULL,
	phone      text   NOT NULL,
	lid        text   NOT NULL,
	created_at bigint NOT NULL,
	PRIMARY KEY (tenant, id)
);

CREATE TABLE contact_addresses (
	tenant  text NOT NULL,
	address text NOT NULL,
	contact text NOT NULL,
	PRIMARY KEY (tenant, address),
	FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, id)
);
CREATE INDEX contact_addresses_contact ON contact_addresses (contact);

CREATE TABLE conversations (
	tenant            text    NOT NULL,
	id                text    NOT NULL,
	seat              text    NOT NULL,
	contact           text    NOT NULL,
	unread            integer NOT NULL,
	last_message      text    NOT NULL,
	last_at           bigint  NOT NULL,
	last_seq          bigint  NOT NULL,
	assistant_enabled boolean NOT NULL,
	paused_until      bigint  NOT NULL,
	needs_person      text    NOT NULL,
	answered_seq      bigint  NOT NULL,
	created_at        bigint  NOT NULL,
	PRIMARY KEY (tenant, id),
	FOREIGN KEY (tenant, seat) REFERENCES seats (tenant, id),
	FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, id)
);
CREATE UNIQUE INDEX conversations_contact ON conversations (contact, seat);
CREATE INDEX conversations_newest ON conversations (tenant, last_at, id);

-- A conversation that was merged into another one is still found by its ID.
CREATE TABLE conversation_aliases (
	tenant       text NOT NULL,
	id           text NOT NULL,
	conversation text NOT NULL,
	PRIMARY KEY (tenant, id),
	FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
);
CREATE INDEX conversation_aliases_conversation ON conversation_aliases (conversation);

CREATE TABLE messages (
	tenant          text    NOT NULL,
	id              text    NOT NULL,
	seat            text    NOT NULL,
	conversation    text    NOT NULL,
	whatsapp_id     text    NOT NULL,
	direction       text    NOT NULL,
	author          text    NOT NULL,
	user_id         text    NOT NULL,
	kind            text    NOT NULL,
	text            text    NOT NULL,
	target          text    NOT NULL,
	raw             bytea,
	delivery        text    NOT NULL,
	failure         text    NOT NULL,
	history         boolean NOT NULL,
	unread          boolean NOT NULL,
	attempts        integer NOT NULL,
	idempotency_key text    NOT NULL,
	at              bigint  NOT NULL,
	seq             bigint  NOT NULL,
	PRIMARY KEY (tenant, id),
	FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
);
-- Exactly once: the sender chooses the ID, so a lead's and ours may be equal,
-- and so may those of two leads.
CREATE UNIQUE INDEX messages_once ON messages (seat, whatsapp_id, direction, conversation);
CREATE INDEX messages_newest ON messages (conversation, at, seq);
CREATE INDEX messages_unread ON messages (conversation) WHERE unread;
CREATE INDEX messages_outbox ON messages (seat, seq) WHERE delivery IN ('queued', 'sending');
CREATE UNIQUE INDEX messages_idempotency ON messages (tenant, user_id, idempotency_key) WHERE idempotency_key <> '';

-- The assistant's answer to one burst of messages: see engine/assistant.
CREATE TABLE turns (
	tenant       text   NOT NULL,
	conversation text   NOT NULL,
	opened_at    bigint NOT NULL,
	due          bigint NOT NULL,
	last_seq     bigint NOT NULL,
	PRIMARY KEY (tenant, conversation),
	FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
);

-- The event log. seq is taken from tenants.last_seq in the same transaction,
-- which proves the tenant without a foreign key.
CREATE TABLE events (
	tenant       text   NOT NULL,
	seq          bigint NOT NULL,
	kind         text   NOT NULL,
	seat         text   NOT NULL,
	conversation text   NOT NULL,
	at           bigint NOT NULL,
	data         text   NOT NULL,
	PRIMARY KEY (tenant, seq)
);

CREATE TABLE cursors (
	reader text   NOT NULL,
	tenant text   NOT NULL REFERENCES tenants (id),
	seq    bigint NOT NULL,
	PRIMARY KEY (reader, tenant)
);
