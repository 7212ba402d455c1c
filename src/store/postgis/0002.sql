-- Tickets. The tables of the first format were prepared for them and never written.

DROP TABLE ticket_steps;
DROP TABLE tickets;

-- `fid` is the number by which read models know a ticket, counted up from 1 by whoever
-- holds the counter of the log. There is no spatial index: it would take longer than
-- everything else, and only GIS would use it.
CREATE TABLE tickets (
  fid bigint PRIMARY KEY,
  geom geometry(Point, 4326),
  id text NOT NULL UNIQUE,
  category text NOT NULL,
  channel text NOT NULL,
  status text NOT NULL,
  located_by text,
  accuracy_m double precision,
  district text,
  township text,
  community text,
  divisions_on date,
  requested_at timestamptz NOT NULL,
  dispatched_at timestamptz,
  accepted_at timestamptz,
  responded_at timestamptz,
  closed_at timestamptz,
  surveyed_at timestamptz,
  returned_at text,
  solved boolean,
  satisfied boolean,
  source text NOT NULL,
  retired_at timestamptz,
  successor text,
  retired_reason text,
  change_seq bigint NOT NULL
);

-- Words and contact data, apart: they are in no log, and may be erased.
CREATE TABLE ticket_texts (
  ticket bigint PRIMARY KEY,
  description text,
  address text,
  contact text,
  phone text,
  response text
);

-- An entry of the log holds many tickets: that there is one is all that can be asked
-- cheaply here, and once a statement.
CREATE FUNCTION servicemap_tickets_follow_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT change_seq FROM new_tickets) t WHERE NOT EXISTS (
      SELECT FROM change c WHERE c.seq = t.change_seq AND c.kind = 'ticket'
    )
  ) THEN
    RAISE EXCEPTION 'this table is written by servicemap alone, which keeps its history: see docs/records.md';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tickets_follow_the_log_in AFTER INSERT ON tickets
  REFERENCING NEW TABLE AS new_tickets
  FOR EACH STATEMENT EXECUTE FUNCTION servicemap_tickets_follow_log();
CREATE TRIGGER tickets_follow_the_log AFTER UPDATE ON tickets
  REFERENCING NEW TABLE AS new_tickets
  FOR EACH STATEMENT EXECUTE FUNCTION servicemap_tickets_follow_log();
CREATE FUNCTION servicemap_refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'this table is written by servicemap alone, which keeps its history: see docs/records.md';
END $$;
CREATE TRIGGER tickets_go_on_with_the_log BEFORE UPDATE ON tickets
  FOR EACH ROW WHEN (NEW.change_seq <= OLD.change_seq)
  EXECUTE FUNCTION servicemap_refuse_edit();
CREATE TRIGGER tickets_are_retired BEFORE DELETE OR TRUNCATE ON tickets
  EXECUTE FUNCTION servicemap_keep_records();
