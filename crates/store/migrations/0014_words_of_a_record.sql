-- The words of a record by this index alone: without the word in it, SQLite takes the primary key, which has the word, and
-- walks all words of the workspace for each record that is saved.
DROP INDEX record_words_of_record;
CREATE INDEX record_words_of_record ON record_words (workspace, record, word);
