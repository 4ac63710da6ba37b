-- What people look for records by: names, addresses and numbers of the other party, see domain/src/name.rs.
CREATE TABLE record_words (
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    word TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (workspace, word, record)
);
CREATE INDEX record_words_of_record ON record_words (workspace, record);
