-- The GeoPackage tables, as the standard (OGC 12-128r19) has them.

CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL,
  srs_id INTEGER PRIMARY KEY,
  organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL,
  description TEXT
);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL),
  ('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]', 'longitude and latitude in degrees');

CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY,
  data_type TEXT NOT NULL,
  identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
  srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id)
);

CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL UNIQUE REFERENCES gpkg_contents(table_name),
  column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys(srs_id),
  z TINYINT NOT NULL,
  m TINYINT NOT NULL,
  PRIMARY KEY (table_name, column_name)
);

-- The log. A row is never changed: the sequence is what every reader counts on.

CREATE TABLE change (
  seq INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  at DATETIME NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  record TEXT NOT NULL,
  operation TEXT NOT NULL CHECK (operation IN ('put', 'retire')),
  import TEXT,
  document TEXT NOT NULL
);
CREATE INDEX change_of_record ON change (kind, record, seq);
CREATE INDEX change_of_import ON change (import, seq) WHERE import IS NOT NULL;
CREATE TRIGGER change_is_appended_only BEFORE UPDATE ON change BEGIN
  SELECT RAISE(ABORT, 'the change log is only ever appended to');
END;
CREATE TRIGGER change_is_kept BEFORE DELETE ON change BEGIN
  SELECT RAISE(ABORT, 'the change log is only ever appended to');
END;

-- The records as they are now.

CREATE TABLE points (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  geom POINT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  aliases TEXT NOT NULL,
  category TEXT NOT NULL,
  matters TEXT NOT NULL,
  address TEXT,
  phone TEXT,
  opening_hours TEXT,
  accessibility TEXT NOT NULL,
  source TEXT NOT NULL,
  observed_at DATE,
  retired_at DATETIME,
  successor TEXT,
  retired_reason TEXT,
  change_seq INTEGER NOT NULL REFERENCES change(seq)
);

CREATE TABLE divisions (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  geom MULTIPOLYGON,
  code TEXT NOT NULL UNIQUE,
  level TEXT NOT NULL,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  aliases TEXT NOT NULL,
  parent TEXT,
  valid_from DATE,
  valid_to DATE,
  predecessors TEXT NOT NULL,
  successors TEXT NOT NULL,
  quality TEXT NOT NULL,
  lon DOUBLE,
  lat DOUBLE,
  placed_by TEXT,
  source TEXT NOT NULL,
  retired_at DATETIME,
  successor TEXT,
  retired_reason TEXT,
  change_seq INTEGER NOT NULL REFERENCES change(seq)
);

-- A row changes together with the log or not at all: an edit by another program would
-- be seen by no server and be in no history.

CREATE TRIGGER points_follow_the_log_in BEFORE INSERT ON points
WHEN NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'point' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER points_follow_the_log BEFORE UPDATE ON points
WHEN NEW.change_seq <= OLD.change_seq
  OR NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'point' AND record = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER points_are_retired BEFORE DELETE ON points
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;

CREATE TRIGGER divisions_follow_the_log_in BEFORE INSERT ON divisions
WHEN NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'division' AND record = NEW.code)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER divisions_follow_the_log BEFORE UPDATE ON divisions
WHEN NEW.change_seq <= OLD.change_seq
  OR NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'division' AND record = NEW.code)
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER divisions_are_retired BEFORE DELETE ON divisions
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;

-- Tickets: where and of what kind, and the time of each step. Nobody writes them yet.

CREATE TABLE tickets (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  geom POINT,
  id TEXT NOT NULL UNIQUE,
  category TEXT NOT NULL,
  channel TEXT NOT NULL,
  status TEXT NOT NULL,
  located_by TEXT,
  district TEXT,
  township TEXT,
  community TEXT,
  requested_at DATETIME NOT NULL,
  change_seq INTEGER NOT NULL REFERENCES change(seq)
);

CREATE TABLE ticket_steps (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  ticket TEXT NOT NULL REFERENCES tickets(id),
  step TEXT NOT NULL,
  at DATETIME NOT NULL,
  UNIQUE (ticket, step, at)
);

INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES
  ('points', 'features', 'points', 'service points; retired ones have retired_at', 4326),
  ('divisions', 'features', 'divisions', 'administrative divisions; retired ones have retired_at', 4326),
  ('tickets', 'features', 'tickets', 'service requests', 4326),
  ('ticket_steps', 'attributes', 'ticket_steps', 'the time of each step of a ticket', NULL),
  ('change', 'attributes', 'change', 'every change to every record; only ever appended to', NULL);
INSERT INTO gpkg_geometry_columns VALUES
  ('points', 'geom', 'POINT', 4326, 0, 0),
  ('divisions', 'geom', 'MULTIPOLYGON', 4326, 0, 0),
  ('tickets', 'geom', 'POINT', 4326, 0, 0);
