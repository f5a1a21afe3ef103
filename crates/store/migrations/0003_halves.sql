-- What is wanted and how far it is were one document; whoever wrote one half undid what was written into the other
-- meanwhile. The second half begins as the whole document: what does not belong to it is not read.

ALTER TABLE lineages ADD COLUMN progress TEXT NOT NULL DEFAULT '{}';
UPDATE lineages SET progress = document;

ALTER TABLE issuers ADD COLUMN account TEXT NOT NULL DEFAULT '{}';
UPDATE issuers SET account = document;
