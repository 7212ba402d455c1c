-- What changes of borders moved. Columns of numbers, lists and objects are JSON.

CREATE TABLE redrawings (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  seq TEXT NOT NULL,
  day DATE NOT NULL,
  at DATETIME NOT NULL,
  divisions TEXT NOT NULL,
  points TEXT NOT NULL,
  tickets TEXT NOT NULL,
  flows TEXT NOT NULL,
  moved TEXT NOT NULL,
  retired_at DATETIME,
  successor TEXT,
  retired_reason TEXT,
  change_seq INTEGER NOT NULL REFERENCES change(seq)
);

CREATE TRIGGER redrawings_follow_the_log_in BEFORE INSERT ON redrawings
WHEN NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'redrawing' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER redrawings_follow_the_log BEFORE UPDATE ON redrawings
WHEN NEW.change_seq <= OLD.change_seq
  OR NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'redrawing' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER redrawings_are_retired BEFORE DELETE ON redrawings
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;

INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES
  ('redrawings', 'attributes', 'redrawings', 'what changes of borders moved', NULL);
