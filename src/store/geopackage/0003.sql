-- Keys to the interface: who may do what. Never a secret.

CREATE TABLE keys (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  label TEXT NOT NULL,
  digest TEXT NOT NULL,
  created_at DATETIME NOT NULL,
  retired_at DATETIME,
  successor TEXT,
  retired_reason TEXT,
  change_seq INTEGER NOT NULL REFERENCES change(seq)
);

CREATE TRIGGER keys_follow_the_log_in BEFORE INSERT ON keys
WHEN NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'key' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER keys_follow_the_log BEFORE UPDATE ON keys
WHEN NEW.change_seq <= OLD.change_seq
  OR NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'key' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER keys_are_retired BEFORE DELETE ON keys
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;

INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES
  ('keys', 'attributes', 'keys', 'keys to the interface, without their secrets', NULL);
