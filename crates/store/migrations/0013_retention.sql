-- Retention (N7): when each workspace is swept next. Whoever moves that moment on sweeps; what a crash leaves is swept then.
CREATE TABLE sweeps (
    workspace BIGINT PRIMARY KEY REFERENCES workspaces (id),
    due_at BIGINT NOT NULL
);
CREATE INDEX settings_of_retention ON settings (workspace) WHERE name = 'retention';
CREATE INDEX contacts_known ON contacts (workspace, known_at) WHERE begun_at IS NULL;
-- From here on a row of record_keys may lead to a record that is no more: it was swept, and what comes late for it makes no other.
