-- v15: receipts that came before their message.
-- They are for what the agent writes on the phone, which may come after what
-- is said about it.

CREATE TABLE early_receipts (
	tenant      text   NOT NULL REFERENCES tenants (id),
	seat        text   NOT NULL,
	whatsapp_id text   NOT NULL,
	contact     text   NOT NULL, -- in a room: whose it is
	delivery    text   NOT NULL,
	at          bigint NOT NULL,
	noted_at    bigint NOT NULL,
	PRIMARY KEY (tenant, seat, whatsapp_id, contact, delivery)
);
CREATE INDEX early_receipts_age ON early_receipts (seat, noted_at);
