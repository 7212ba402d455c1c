-- The public figures of tickets, a month each; the id is the month. Numbers and the list of
-- cells are JSON.

CREATE TABLE releases (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  begins DATETIME NOT NULL,
  ends DATETIME NOT NULL,
  k TEXT NOT NULL,
  method TEXT NOT NULL,
  seq TEXT NOT NULL,
  made_at DATETIME NOT NULL,
  cells TEXT NOT NULL,
  elsewhere TEXT,
  retired_at DATETIME,
  successor TEXT,
  retired_reason TEXT,
  change_seq INTEGER NOT NULL REFERENCES change(seq)
);

CREATE TRIGGER releases_follow_the_log_in BEFORE INSERT ON releases
WHEN NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'release' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER releases_follow_the_log BEFORE UPDATE ON releases
WHEN NEW.change_seq <= OLD.change_seq
  OR NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'release' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER releases_are_retired BEFORE DELETE ON releases
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;

INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES
  ('releases', 'attributes', 'releases', 'the public figures of tickets by month', NULL);
