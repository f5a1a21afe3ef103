-- The anchors that endpoints were judged by: where others are in force, all of them are judged again at once.

CREATE TABLE trust (
  scope INTEGER PRIMARY KEY,
  anchors BLOB NOT NULL
);
