-- What each workspace did in each five minutes, for the Health page; a row only where something happened.
CREATE TABLE samples (
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    at BIGINT NOT NULL, -- when the five minutes began
    body TEXT NOT NULL,
    PRIMARY KEY (workspace, at)
);

-- Since when something that HubSpot should hold of the record could not be written.
ALTER TABLE records ADD COLUMN unwritten_since BIGINT;
CREATE INDEX records_unwritten ON records (workspace, unwritten_since) WHERE unwritten_since IS NOT NULL;
