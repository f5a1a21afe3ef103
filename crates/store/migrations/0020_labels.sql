-- The labels of endpoints beside the order of their list: kept to a label, the list reads the index and no document.

ALTER TABLE endpoints ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';
DROP INDEX endpoints_order;
CREATE INDEX endpoints_order ON endpoints (scope, standing DESC, target, owner_id, labels);
