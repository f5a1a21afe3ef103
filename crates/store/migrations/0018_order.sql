-- The worst first, then by target: read in this order, the first fifty of 100,000 are fifty rows.

DROP INDEX endpoints_standing;
CREATE INDEX endpoints_order ON endpoints (scope, standing DESC, target, owner_id);
