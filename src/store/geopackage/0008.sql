-- Tickets in a third of the room: words that many share are kept once and named by a number,
-- times are numbers too, and blocks of tickets in the log are packed. What programs of GIS read
-- stays a layer of the same columns; it is a view now.

-- Packed with Zstandard; `document` is then empty.
ALTER TABLE change ADD COLUMN packed BLOB;

-- Only ever added to.
CREATE TABLE ticket_words (
  number INTEGER PRIMARY KEY NOT NULL,
  word TEXT NOT NULL UNIQUE
);
INSERT INTO ticket_words (word)
  SELECT category FROM tickets UNION SELECT channel FROM tickets UNION SELECT status FROM tickets
  UNION SELECT source FROM tickets
  UNION SELECT located_by FROM tickets WHERE located_by IS NOT NULL
  UNION SELECT district FROM tickets WHERE district IS NOT NULL
  UNION SELECT township FROM tickets WHERE township IS NOT NULL
  UNION SELECT community FROM tickets WHERE community IS NOT NULL;

-- The words of a ticket refer to it, and go along with the name.
ALTER TABLE tickets RENAME TO ticket_rows;

-- `place` is the end of the geometry: longitude and latitude, doubles, little-endian. Days are
-- counted from 1970-01-01, milliseconds from its midnight in UTC or from the request.
CREATE TABLE ticket_rows_packed (
  fid INTEGER PRIMARY KEY NOT NULL,
  place BLOB CHECK (length(place) = 16),
  id TEXT NOT NULL UNIQUE,
  category INTEGER NOT NULL,
  channel INTEGER NOT NULL,
  status INTEGER NOT NULL,
  located_by INTEGER,
  accuracy_m DOUBLE,
  district INTEGER,
  township INTEGER,
  community INTEGER,
  divisions_day INTEGER,
  requested_ms INTEGER NOT NULL,
  dispatched_after INTEGER,
  accepted_after INTEGER,
  responded_after INTEGER,
  closed_after INTEGER,
  surveyed_after INTEGER,
  returned_at TEXT,
  solved BOOLEAN,
  satisfied BOOLEAN,
  source INTEGER NOT NULL,
  retired_ms INTEGER,
  successor TEXT,
  retired_reason TEXT,
  change_seq INTEGER NOT NULL
);
INSERT INTO ticket_rows_packed
  SELECT fid, place, id, category, channel, status, located_by, accuracy_m, district, township,
    community, divisions_day, requested_ms, dispatched_ms - requested_ms,
    accepted_ms - requested_ms, responded_ms - requested_ms, closed_ms - requested_ms,
    surveyed_ms - requested_ms, returned_at, solved, satisfied, source, retired_ms, successor,
    retired_reason, change_seq
  FROM (
    SELECT fid, CASE WHEN substr(geom, 1, 13) = x'47500001e61000000101000000'
        THEN substr(geom, 14) WHEN geom IS NOT NULL THEN x'' END AS place, id,
      (SELECT number FROM ticket_words WHERE word = t.category) AS category,
      (SELECT number FROM ticket_words WHERE word = t.channel) AS channel,
      (SELECT number FROM ticket_words WHERE word = t.status) AS status,
      (SELECT number FROM ticket_words WHERE word = t.located_by) AS located_by,
      accuracy_m,
      (SELECT number FROM ticket_words WHERE word = t.district) AS district,
      (SELECT number FROM ticket_words WHERE word = t.township) AS township,
      (SELECT number FROM ticket_words WHERE word = t.community) AS community,
      CAST(julianday(divisions_on) - 2440587.5 AS INTEGER) AS divisions_day,
      CAST(round((julianday(requested_at) - 2440587.5) * 86400000) AS INTEGER) AS requested_ms,
      CAST(round((julianday(dispatched_at) - 2440587.5) * 86400000) AS INTEGER) AS dispatched_ms,
      CAST(round((julianday(accepted_at) - 2440587.5) * 86400000) AS INTEGER) AS accepted_ms,
      CAST(round((julianday(responded_at) - 2440587.5) * 86400000) AS INTEGER) AS responded_ms,
      CAST(round((julianday(closed_at) - 2440587.5) * 86400000) AS INTEGER) AS closed_ms,
      CAST(round((julianday(surveyed_at) - 2440587.5) * 86400000) AS INTEGER) AS surveyed_ms,
      returned_at, solved, satisfied,
      (SELECT number FROM ticket_words WHERE word = t.source) AS source,
      CAST(round((julianday(retired_at) - 2440587.5) * 86400000) AS INTEGER) AS retired_ms,
      successor, retired_reason, change_seq
    FROM ticket_rows t ORDER BY fid
  );
DROP TABLE ticket_rows;
ALTER TABLE ticket_rows_packed RENAME TO ticket_rows;

CREATE TRIGGER ticket_rows_follow_the_log_in AFTER INSERT ON ticket_rows
WHEN NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'ticket')
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER ticket_rows_follow_the_log BEFORE UPDATE ON ticket_rows
WHEN NEW.change_seq <= OLD.change_seq
  OR NOT EXISTS (SELECT 1 FROM change WHERE seq = NEW.change_seq AND kind = 'ticket')
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER ticket_rows_are_retired BEFORE DELETE ON ticket_rows
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;
CREATE TRIGGER ticket_words_stay BEFORE UPDATE ON ticket_words
BEGIN SELECT RAISE(ABORT, 'tickets are known by these words: see docs/records.md'); END;
CREATE TRIGGER ticket_words_are_kept BEFORE DELETE ON ticket_words
BEGIN SELECT RAISE(ABORT, 'tickets are known by these words: see docs/records.md'); END;

-- The columns of a view have the types of its first part, which is always empty.
CREATE TABLE ticket_columns (
  fid INTEGER PRIMARY KEY NOT NULL,
  geom POINT,
  id TEXT NOT NULL,
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
  change_seq INTEGER NOT NULL CHECK (0)
);
CREATE VIEW tickets AS
  SELECT * FROM ticket_columns
  UNION ALL SELECT fid,
    CAST(x'47500001e61000000101000000' || place AS BLOB),
    id,
    (SELECT word FROM ticket_words WHERE number = t.category),
    (SELECT word FROM ticket_words WHERE number = t.channel),
    (SELECT word FROM ticket_words WHERE number = t.status),
    (SELECT word FROM ticket_words WHERE number = t.located_by),
    accuracy_m,
    (SELECT word FROM ticket_words WHERE number = t.district),
    (SELECT word FROM ticket_words WHERE number = t.township),
    (SELECT word FROM ticket_words WHERE number = t.community),
    date(divisions_day * 86400, 'unixepoch'),
    strftime('%Y-%m-%dT%H:%M:%fZ', requested_ms / 1000.0, 'unixepoch'),
    strftime('%Y-%m-%dT%H:%M:%fZ', (requested_ms + dispatched_after) / 1000.0, 'unixepoch'),
    strftime('%Y-%m-%dT%H:%M:%fZ', (requested_ms + accepted_after) / 1000.0, 'unixepoch'),
    strftime('%Y-%m-%dT%H:%M:%fZ', (requested_ms + responded_after) / 1000.0, 'unixepoch'),
    strftime('%Y-%m-%dT%H:%M:%fZ', (requested_ms + closed_after) / 1000.0, 'unixepoch'),
    strftime('%Y-%m-%dT%H:%M:%fZ', (requested_ms + surveyed_after) / 1000.0, 'unixepoch'),
    returned_at, solved, satisfied,
    (SELECT word FROM ticket_words WHERE number = t.source),
    strftime('%Y-%m-%dT%H:%M:%fZ', retired_ms / 1000.0, 'unixepoch'),
    successor, retired_reason, change_seq
  FROM ticket_rows t;
CREATE TRIGGER tickets_follow_the_log_in INSTEAD OF INSERT ON tickets
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER tickets_follow_the_log INSTEAD OF UPDATE ON tickets
BEGIN SELECT RAISE(ABORT, 'this table is written by servicemap alone, which keeps its history: see docs/records.md'); END;
CREATE TRIGGER tickets_are_retired INSTEAD OF DELETE ON tickets
BEGIN SELECT RAISE(ABORT, 'records are retired, never deleted: see docs/records.md'); END;
