-- A notice is late by when we heard of the change, not by when the source says that it happened.
ALTER TABLE notices RENAME COLUMN happened_at TO heard_at;
