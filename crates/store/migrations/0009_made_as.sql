-- The address that a contact of this number is being made for: by it HubSpot tells for certain whether it was made.
ALTER TABLE contacts ADD COLUMN made_as TEXT;
