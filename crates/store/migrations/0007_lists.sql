-- Lists are read in parts, the worst at the top, however long they are.
-- The standing of an endpoint: 0 nothing is amiss, 1 nobody has looked yet, 2 unknown, 3 warning, 4 critical. It follows its
-- open findings, and is written with them.

ALTER TABLE findings ADD COLUMN severity INTEGER NOT NULL DEFAULT 0;
UPDATE findings SET severity = CASE
  WHEN document LIKE '{"id":"%","owner_id":"%","code":"%","severity":"critical","subject":"%' THEN 4
  WHEN document LIKE '{"id":"%","owner_id":"%","code":"%","severity":"warning","subject":"%' THEN 3
  WHEN document LIKE '{"id":"%","owner_id":"%","code":"%","severity":"unknown","subject":"%' THEN 2
  ELSE 0 END;
CREATE INDEX findings_severity ON findings (scope, severity, id) WHERE is_open = 1;

ALTER TABLE endpoints ADD COLUMN standing INTEGER NOT NULL DEFAULT 1;
UPDATE endpoints SET standing = 0 WHERE id IN (SELECT endpoint_id FROM endpoint_states);
CREATE INDEX endpoints_standing ON endpoints (scope, standing, target, owner_id);
