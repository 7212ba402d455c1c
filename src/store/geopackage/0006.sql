-- Public holidays and make-up workdays; the id is the day.

CREATE TABLE days (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  retired_at DATETIME,
  successor TEXT,
  retired_reason TEXT,
  change_seq INTEGER NOT NULL REFERENCES change(seq)
);

CREATE TRIGGER days_follow_the_log_in BEFORE INSERT ON days
WHEN NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'day' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER days_follow_the_log BEFORE UPDATE ON days
WHEN NEW.change_seq <= OLD.change_seq
  OR NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'day' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER days_are_retired BEFORE DELETE ON days
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;

INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES
  ('days', 'attributes', 'days', 'public holidays and make-up workdays', NULL);
