-- v13: that WhatsApp asked a seat to send more slowly, as JSON; empty: it did not.
ALTER TABLE seats ADD COLUMN slowed text NOT NULL DEFAULT '';
