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

-- Where visits are booked, and the slots that are free. Columns of lists and objects are JSON.

CREATE TABLE reservations (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  deep TEXT NOT NULL,
  channel TEXT NOT NULL,
  phone TEXT NOT NULL,
  categories TEXT NOT NULL,
  points TEXT NOT NULL,
  matters TEXT NOT NULL,
  who TEXT NOT NULL,
  lead TEXT,
  status TEXT NOT NULL,
  rank TEXT NOT NULL,
  checked_at DATE,
  source TEXT NOT NULL,
  retired_at DATETIME,
  successor TEXT,
  retired_reason TEXT,
  change_seq INTEGER NOT NULL REFERENCES change(seq)
);

CREATE TRIGGER reservations_follow_the_log_in BEFORE INSERT ON reservations
WHEN NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'reservation' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER reservations_follow_the_log BEFORE UPDATE ON reservations
WHEN NEW.change_seq <= OLD.change_seq
  OR NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'reservation' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER reservations_are_retired BEFORE DELETE ON reservations
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;

CREATE TABLE schedules (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  point TEXT NOT NULL,
  matter TEXT,
  slots TEXT NOT NULL,
  observed_at DATETIME NOT NULL,
  source TEXT NOT NULL,
  retired_at DATETIME,
  successor TEXT,
  retired_reason TEXT,
  change_seq INTEGER NOT NULL REFERENCES change(seq)
);

CREATE TRIGGER schedules_follow_the_log_in BEFORE INSERT ON schedules
WHEN NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'schedule' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER schedules_follow_the_log BEFORE UPDATE ON schedules
WHEN NEW.change_seq <= OLD.change_seq
  OR NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'schedule' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER schedules_are_retired BEFORE DELETE ON schedules
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;

INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES
  ('reservations', 'attributes', 'reservations', 'portals and numbers where visits are booked', NULL),
  ('schedules', 'attributes', 'schedules', 'free slots of a point, and when they were seen', NULL);
