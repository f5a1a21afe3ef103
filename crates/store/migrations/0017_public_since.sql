-- Since when an endpoint is shown to the public as part of a component: what was found before is nobody's business.

CREATE TABLE public_since (
  component TEXT NOT NULL,
  endpoint_id BLOB NOT NULL,
  scope INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (scope, component, endpoint_id)
) /*sqlite: WITHOUT ROWID*/;
