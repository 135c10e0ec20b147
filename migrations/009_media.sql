-- v9: files that came with messages, and files that are to be sent.
--
-- seat and message are '' for a file that was uploaded to be sent. about is
-- JSON (engine.Media). hash is the SHA-256 of what the blob store has, '' for
-- nothing; thumbnail that of a small picture. preview is a small JPEG that the
-- sender's phone made. source says what a file was made from, so that it is not
-- made again; '' if it was not. parked: it is to be fetched when the seat has connected.

CREATE TABLE media (
	tenant       text    NOT NULL REFERENCES tenants (id),
	id           text    NOT NULL,
	seat         text    NOT NULL,
	message      text    NOT NULL,
	chat_phone   text    NOT NULL,
	chat_lid     text    NOT NULL,
	sender_phone text    NOT NULL,
	sender_lid   text    NOT NULL,
	state        text    NOT NULL,
	about        text    NOT NULL,
	hash         text    NOT NULL,
	thumbnail    text    NOT NULL,
	preview      bytea,
	source       text    NOT NULL,
	path         text    NOT NULL,
	answer       bytea,
	asked        integer NOT NULL,
	asked_at     bigint  NOT NULL,
	parked       boolean NOT NULL,
	created_at   bigint  NOT NULL,
	stored_at    bigint  NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX media_message ON media (message) WHERE message <> '';
CREATE INDEX media_hash ON media (hash) WHERE hash <> '';
CREATE INDEX media_thumbnail ON media (thumbnail) WHERE thumbnail <> '';
CREATE INDEX media_source ON media (tenant, source) WHERE source <> '';
CREATE INDEX media_stored ON media (stored_at) WHERE state = 'stored';
CREATE INDEX media_parked ON media (seat) WHERE parked;

-- The messages that an uploaded file was sent with.
CREATE TABLE media_uses (
	tenant  text NOT NULL,
	message text NOT NULL,
	media   text NOT NULL,
	PRIMARY KEY (tenant, message),
	FOREIGN KEY (tenant, media) REFERENCES media (tenant, id)
);
CREATE INDEX media_uses_media ON media_uses (media);

-- Where WhatsApp has a file that a seat has uploaded: engine.Upload as JSON.
CREATE TABLE media_uploads (
	tenant     text   NOT NULL,
	media      text   NOT NULL,
	seat       text   NOT NULL,
	media_type text   NOT NULL,
	data       text   NOT NULL,
	at         bigint NOT NULL,
	PRIMARY KEY (tenant, media, seat, media_type),
	FOREIGN KEY (tenant, media) REFERENCES media (tenant, id)
);
