-- Grants of access (OAuth), and tokens that are renewed.

-- Counts the changes of the secret: who renews a token replaces the one that it read, and no other.
ALTER TABLE connections ADD COLUMN secret_version BIGINT NOT NULL DEFAULT 0;
-- Who is renewing the token, and until when nobody else does. A node that dies holds nobody up for long.
ALTER TABLE connections ADD COLUMN refresh_holder TEXT;
ALTER TABLE connections ADD COLUMN refresh_until BIGINT;

-- Grants in flight: state and cookie are kept as SHA-256, PKCE's verifier sealed. Taken once, then gone.
CREATE TABLE grants (
    hash BLOB PRIMARY KEY,
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    cookie BLOB NOT NULL,
    verifier BLOB NOT NULL,
    who TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX grants_expired ON grants (expires_at);
