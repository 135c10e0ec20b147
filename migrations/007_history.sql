-- v7: the phone's history, and messages that came late.
--
-- A part of a phone's history waits here until a job has imported it. raw is
-- what it takes to fetch it, with a key in it; it is emptied when that is done.
-- state: 'waiting', 'done' or 'failed'.

CREATE TABLE history_parts (
	tenant      text    NOT NULL,
	id          text    NOT NULL,
	seat        text    NOT NULL,
	whatsapp_id text    NOT NULL,
	phase       text    NOT NULL,
	chunk       integer NOT NULL,
	percent     integer NOT NULL,
	raw         bytea,
	state       text    NOT NULL,
	created_at  bigint  NOT NULL,
	PRIMARY KEY (tenant, id),
	FOREIGN KEY (tenant, seat) REFERENCES seats (tenant, id)
);
CREATE UNIQUE INDEX history_parts_once ON history_parts (seat, whatsapp_id);

-- history: JSON (engine.HistoryView), '' for none. history_seq: the least
-- messages.seq that was given to an imported message. It counts down from 0, so
-- that of two messages of one second the imported one comes first.
ALTER TABLE seats ADD COLUMN history text NOT NULL DEFAULT '';
ALTER TABLE seats ADD COLUMN history_seq bigint NOT NULL DEFAULT 0;

-- late: it waited at WhatsApp while the seat was offline, and woke nobody.
ALTER TABLE messages ADD COLUMN late boolean NOT NULL DEFAULT false;
