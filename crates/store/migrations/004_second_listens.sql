-- 004: words that were listened to again.

CREATE TABLE second_listens (
    call_no    INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal    INTEGER NOT NULL,
    utterance  INTEGER NOT NULL,                                                  -- ordinal of the utterance
    start_byte INTEGER NOT NULL,                                                  -- of its text
    end_byte   INTEGER NOT NULL,
    heard      TEXT NOT NULL,
    meant      TEXT NOT NULL,
    log_ratio  REAL NOT NULL,                                                     -- natural logarithm: how much likelier `meant` is
    PRIMARY KEY (call_no, ordinal)
) STRICT, WITHOUT ROWID;
