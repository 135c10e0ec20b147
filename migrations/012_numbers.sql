-- v12: where a tenant's numbers are written. ISO 3166.
ALTER TABLE tenants ADD COLUMN region text NOT NULL DEFAULT 'ZA';
