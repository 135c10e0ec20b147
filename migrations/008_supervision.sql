-- v8: what supervises seats.
--
-- pairing_step: what the pairing code is: 'qr', 'code', 'passkey' or 'confirm'; '' is 'qr'.
-- pairing_phone: the number that asked to be linked by code; '' for a QR code.
-- proxy: the URL of the proxy that the seat goes through, with its credentials.
-- restriction: WhatsApp's name for why the number may not write first, until restricted_until.
-- The rest is saved now and then, not with each message: see engine.Activity.

ALTER TABLE seats ADD COLUMN pairing_step text NOT NULL DEFAULT '';
ALTER TABLE seats ADD COLUMN pairing_phone text NOT NULL DEFAULT '';
ALTER TABLE seats ADD COLUMN proxy text NOT NULL DEFAULT '';
ALTER TABLE seats ADD COLUMN restriction text NOT NULL DEFAULT '';
ALTER TABLE seats ADD COLUMN restricted_until bigint NOT NULL DEFAULT 0;
ALTER TABLE seats ADD COLUMN last_frame_at bigint NOT NULL DEFAULT 0;
ALTER TABLE seats ADD COLUMN last_message_at bigint NOT NULL DEFAULT 0;
ALTER TABLE seats ADD COLUMN reconnects integer NOT NULL DEFAULT 0;
ALTER TABLE seats ADD COLUMN reconnects_day text NOT NULL DEFAULT '';
