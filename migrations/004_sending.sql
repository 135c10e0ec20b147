-- v4: when messages were sent and received, why they wait or failed, and how fast a seat sends.
--
-- queued_at … played_at: when an outgoing message took each step, set once.
-- send_at: when a person wants it to be sent; 0: at once.
-- waiting: why it is not its turn yet, '' for no reason, and until when.
-- fingerprint: a hash of what was asked for under the idempotency key.

ALTER TABLE messages ADD COLUMN failure_code text NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN queued_at bigint NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN sent_at bigint NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN delivered_at bigint NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN read_at bigint NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN played_at bigint NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN send_at bigint NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN waiting text NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN waiting_until bigint NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN fingerprint text NOT NULL DEFAULT '';

-- What a person wrote and that waits to be sent: it goes first.
CREATE INDEX messages_outbox_people ON messages (conversation) WHERE delivery IN ('queued', 'sending') AND author = 'user';
CREATE INDEX messages_scheduled ON messages (seat) WHERE delivery = 'scheduled';

-- sending is JSON (engine.SendingSettings), '' for the defaults.
ALTER TABLE seats ADD COLUMN sending text NOT NULL DEFAULT '';

-- What a seat sent, by the hour (Unix hours): all of it, what went to people
-- who had written within a day, and what went to people who never had.
CREATE TABLE sent_counts (
	tenant   text    NOT NULL,
	seat     text    NOT NULL,
	hour     bigint  NOT NULL,
	sent     integer NOT NULL,
	replies  integer NOT NULL,
	strangers integer NOT NULL,
	last_at  bigint  NOT NULL,
	PRIMARY KEY (tenant, seat, hour),
	FOREIGN KEY (tenant, seat) REFERENCES seats (tenant, id)
);
