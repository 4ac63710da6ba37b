-- The nodes that work on this database, and which of them holds which lane.

CREATE TABLE nodes (
    id TEXT PRIMARY KEY,
    -- For people: the machine and its process.
    name TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    -- It counts as alive up to this moment of the database's clock.
    until BIGINT NOT NULL,
    -- It ends: it takes no more lanes.
    leaving BOOLEAN NOT NULL DEFAULT FALSE,
    -- The newest change of connections and hooks that it goes by.
    heard BIGINT NOT NULL DEFAULT 0
);

-- A lane is held by a node that is alive; held by another, or by none, it can be taken. Each taking has an epoch of its own:
-- who writes under an older one is refused.
CREATE TABLE leases (
    workspace BIGINT PRIMARY KEY REFERENCES workspaces (id),
    node TEXT,
    epoch BIGINT NOT NULL
);

-- Counters of changes that nodes have to hear of. Counted in the transaction of the change: the row is locked up to its
-- commit, so that a number that is seen tells that all before it are.
CREATE TABLE versions (
    name TEXT PRIMARY KEY,
    number BIGINT NOT NULL
);

-- The change by which a connection became what it is.
ALTER TABLE connections ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
CREATE INDEX connections_version ON connections (version);

-- Which node is handing it over: once that one is gone, the notice is anybody's.
ALTER TABLE notices ADD COLUMN begun_by TEXT;
