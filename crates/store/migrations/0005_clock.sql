-- The latest instant that a clock of this installation showed, and when it was last found to be earlier than that. What was
-- planned by a clock that was ahead is found by it. Where nothing was written down yet, the log knows.

CREATE TABLE clocks (
  scope INTEGER PRIMARY KEY,
  seen_at INTEGER NOT NULL,
  set_back_at INTEGER,
  set_back_by INTEGER
);
INSERT INTO clocks (scope, seen_at) SELECT scope, max(at) FROM events GROUP BY scope;
