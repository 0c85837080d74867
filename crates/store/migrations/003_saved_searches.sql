-- 003: searches that people keep, and which calls answer them.

CREATE TABLE saved_searches (
    search_no INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL UNIQUE,
    query     TEXT NOT NULL,                                                     -- as it was typed
    options   TEXT NOT NULL,                                                     -- JSON: the other arguments of the search
    alerts    INTEGER NOT NULL,                                                  -- 1: calls that begin to answer it are announced
    at_ms     INTEGER NOT NULL,                                                  -- when it was saved
    who       TEXT NOT NULL,
    looked_ms INTEGER                                                            -- when somebody last looked at its calls
) STRICT;

-- The calls that answered a saved search when it was last asked, and whether anybody has looked since they came.
CREATE TABLE saved_search_calls (
    search_no INTEGER NOT NULL REFERENCES saved_searches ON DELETE CASCADE,
    call_no   INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    seen      INTEGER NOT NULL,
    PRIMARY KEY (search_no, call_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX saved_search_calls_by_call ON saved_search_calls (call_no);
