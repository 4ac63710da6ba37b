-- Notices to the parties of a booking (M6), sent or to be sent.

CREATE TABLE notices (
    seq INTEGER PRIMARY KEY,
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    record TEXT NOT NULL,
    key TEXT NOT NULL,
    source TEXT NOT NULL,
    party TEXT NOT NULL, -- host or invitee
    change TEXT NOT NULL, -- moved or canceled
    state TEXT NOT NULL, -- queued, begun, sent, refused or dropped
    attempts BIGINT NOT NULL,
    due_at BIGINT, -- of one that is begun: when it counts as broken off
    happened_at BIGINT NOT NULL,
    over_at BIGINT NOT NULL,
    problem TEXT,
    problem_since BIGINT,
    before TEXT, -- what the party knew
    mail TEXT, -- gone once it is sent or dropped
    UNIQUE (workspace, key)
);
CREATE INDEX notices_due ON notices (due_at, seq) WHERE due_at IS NOT NULL;
CREATE INDEX notices_of_record ON notices (workspace, record, seq);
CREATE INDEX notices_problem ON notices (workspace, problem_since, seq) WHERE problem IS NOT NULL;
