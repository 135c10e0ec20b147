-- v14: when a contact was online last, as WhatsApp told; 0 for not known.
ALTER TABLE contacts ADD COLUMN last_seen_at bigint NOT NULL DEFAULT 0;
