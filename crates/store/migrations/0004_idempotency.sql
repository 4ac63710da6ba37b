-- POSTs under an Idempotency-Key: what was asked, and what it was answered. Hashes, so that no key stands here readable;
-- the answer is sealed, as it may show the address of a hook.
CREATE TABLE idempotency (
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    hash BLOB NOT NULL, -- of caller, method, address and key
    body BLOB NOT NULL, -- hash of the body
    began_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    answer BLOB,
    PRIMARY KEY (workspace, hash)
);
CREATE INDEX idempotency_expired ON idempotency (expires_at);
