-- The counter that orders the log: a write holds this row until it commits, so numbers
-- have no gaps and whoever sees one sees all before it.

CREATE TABLE servicemap_head (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  seq bigint NOT NULL
);
INSERT INTO servicemap_head (seq) VALUES (0);

-- The log. A row is never changed: the sequence is what every reader counts on.

CREATE TABLE change (
  seq bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  kind text NOT NULL,
  record text NOT NULL,
  operation text NOT NULL CHECK (operation IN ('put', 'retire')),
  import text,
  document json NOT NULL
);
CREATE INDEX change_of_record ON change (kind, record, seq);
CREATE INDEX change_of_import ON change (import, seq) WHERE import IS NOT NULL;

CREATE FUNCTION servicemap_keep_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the change log is only ever appended to';
END $$;
CREATE TRIGGER change_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON change
  EXECUTE FUNCTION servicemap_keep_log();

-- Whoever listens is woken when the transaction commits.
CREATE FUNCTION servicemap_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('servicemap_change', '');
  RETURN NULL;
END $$;
CREATE TRIGGER change_is_told AFTER INSERT ON change
  FOR EACH STATEMENT EXECUTE FUNCTION servicemap_tell();

-- The records as they are now.

CREATE TABLE points (
  fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  geom geometry(Point, 4326) NOT NULL,
  id text NOT NULL UNIQUE,
  name text NOT NULL,
  name_en text NOT NULL,
  aliases text NOT NULL,
  category text NOT NULL,
  matters text NOT NULL,
  address text,
  phone text,
  opening_hours text,
  accessibility text NOT NULL,
  source text NOT NULL,
  observed_at date,
  retired_at timestamptz,
  successor text,
  retired_reason text,
  change_seq bigint NOT NULL REFERENCES change(seq)
);
CREATE INDEX points_geom ON points USING gist (geom);

CREATE TABLE divisions (
  fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  geom geometry(MultiPolygon, 4326),
  code text NOT NULL UNIQUE,
  level text NOT NULL,
  name text NOT NULL,
  name_en text NOT NULL,
  aliases text NOT NULL,
  parent text,
  valid_from date,
  valid_to date,
  predecessors text NOT NULL,
  successors text NOT NULL,
  quality text NOT NULL,
  lon double precision,
  lat double precision,
  placed_by text,
  source text NOT NULL,
  retired_at timestamptz,
  successor text,
  retired_reason text,
  change_seq bigint NOT NULL REFERENCES change(seq)
);
CREATE INDEX divisions_geom ON divisions USING gist (geom);

-- A row changes together with the log or not at all: an edit by another program would
-- be seen by no server and be in no history.

CREATE FUNCTION servicemap_keep_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'records are retired, never deleted: see docs/records.md';
END $$;
CREATE FUNCTION servicemap_follow_log() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  id text;
  kind_of text;
BEGIN
  IF TG_TABLE_NAME = 'points' THEN
    id := NEW.id;
    kind_of := 'point';
  ELSE
    id := NEW.code;
    kind_of := 'division';
  END IF;
  IF (TG_OP = 'UPDATE' AND NEW.change_seq <= OLD.change_seq) OR NOT EXISTS (
    SELECT FROM change c WHERE c.seq = NEW.change_seq AND c.kind = kind_of AND c.record = id
  ) THEN
    RAISE EXCEPTION 'this table is written by servicemap alone, which keeps its history: see docs/records.md';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER points_follow_the_log BEFORE INSERT OR UPDATE ON points
  FOR EACH ROW EXECUTE FUNCTION servicemap_follow_log();
CREATE TRIGGER points_are_retired BEFORE DELETE OR TRUNCATE ON points
  EXECUTE FUNCTION servicemap_keep_records();
CREATE TRIGGER divisions_follow_the_log BEFORE INSERT OR UPDATE ON divisions
  FOR EACH ROW EXECUTE FUNCTION servicemap_follow_log();
CREATE TRIGGER divisions_are_retired BEFORE DELETE OR TRUNCATE ON divisions
  EXECUTE FUNCTION servicemap_keep_records();

-- Tickets: where and of what kind, and the time of each step. Nobody writes them yet.

CREATE TABLE tickets (
  fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  geom geometry(Point, 4326),
  id text NOT NULL UNIQUE,
  category text NOT NULL,
  channel text NOT NULL,
  status text NOT NULL,
  located_by text,
  district text,
  township text,
  community text,
  requested_at timestamptz NOT NULL,
  change_seq bigint NOT NULL REFERENCES change(seq)
);

CREATE TABLE ticket_steps (
  fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket text NOT NULL REFERENCES tickets(id),
  step text NOT NULL,
  at timestamptz NOT NULL,
  UNIQUE (ticket, step, at)
);
