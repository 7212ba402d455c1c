-- Tickets. The tables of the first format were prepared for them and never written.

DROP TABLE ticket_steps;
DELETE FROM gpkg_geometry_columns WHERE table_name = 'tickets';
DELETE FROM gpkg_contents WHERE table_name IN ('tickets', 'ticket_steps');
DROP TABLE tickets;

-- `fid` is the number by which read models know a ticket, counted up from 1.
CREATE TABLE tickets (
  fid INTEGER PRIMARY KEY NOT NULL,
  geom POINT,
  id TEXT NOT NULL UNIQUE,
  category TEXT NOT NULL,
  channel TEXT NOT NULL,
  status TEXT NOT NULL,
  located_by TEXT,
  accuracy_m DOUBLE,
  district TEXT,
  township TEXT,
  community TEXT,
  divisions_on DATE,
  requested_at DATETIME NOT NULL,
  dispatched_at DATETIME,
  accepted_at DATETIME,
  responded_at DATETIME,
  closed_at DATETIME,
  surveyed_at DATETIME,
  returned_at TEXT,
  solved BOOLEAN,
  satisfied BOOLEAN,
  source TEXT NOT NULL,
  retired_at DATETIME,
  successor TEXT,
  retired_reason TEXT,
  change_seq INTEGER NOT NULL
);

-- Words and contact data, apart: they are in no log, and may be erased.
CREATE TABLE ticket_texts (
  ticket INTEGER PRIMARY KEY NOT NULL REFERENCES tickets(fid),
  description TEXT,
  address TEXT,
  contact TEXT,
  phone TEXT,
  response TEXT
);

-- An entry of the log holds many tickets: that there is one is all that can be asked
-- cheaply here.
CREATE TRIGGER tickets_follow_the_log_in BEFORE INSERT ON tickets
WHEN NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'ticket')
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER tickets_follow_the_log BEFORE UPDATE ON tickets
WHEN NEW.change_seq <= OLD.change_seq
  OR NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'ticket')
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER tickets_are_retired BEFORE DELETE ON tickets
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;

INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES
  ('tickets', 'features', 'tickets', 'service requests; retired ones have retired_at', 4326);
INSERT INTO gpkg_geometry_columns VALUES ('tickets', 'geom', 'POINT', 4326, 0, 0);
