-- The words of a record by this index alone: by the one before, which lacks the word, SQLite does not go; it takes the
-- primary key and walks all words of the workspace for each record that is saved. A schema only grows, so that one goes in
-- a version to come.
CREATE INDEX record_words_by_record ON record_words (workspace, record, word);
