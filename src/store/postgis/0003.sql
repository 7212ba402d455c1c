-- Keys to the interface: who may do what. Never a secret.

CREATE TABLE keys (
  fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  role text NOT NULL,
  label text NOT NULL,
  digest text NOT NULL,
  created_at timestamptz NOT NULL,
  retired_at timestamptz,
  successor text,
  retired_reason text,
  change_seq bigint NOT NULL REFERENCES change(seq)
);

-- The arguments are the kind of the records and the column of their id.
CREATE FUNCTION servicemap_follow_log_of() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (TG_OP = 'UPDATE' AND NEW.change_seq <= OLD.change_seq) OR NOT EXISTS (
    SELECT FROM change c WHERE c.seq = NEW.change_seq AND c.kind = TG_ARGV[0]
      AND c.record = to_jsonb(NEW) ->> TG_ARGV[1]
  ) THEN
    RAISE EXCEPTION 'this table is written by servicemap alone, which keeps its history: see docs/records.md';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keys_follow_the_log BEFORE INSERT OR UPDATE ON keys
  FOR EACH ROW EXECUTE FUNCTION servicemap_follow_log_of('key', 'id');
CREATE TRIGGER keys_are_retired BEFORE DELETE OR TRUNCATE ON keys
  EXECUTE FUNCTION servicemap_keep_records();

-- Where visits are booked, and the slots that are free. Columns of lists and objects are JSON.

CREATE TABLE reservations (
  fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  name text NOT NULL,
  url text NOT NULL,
  deep text NOT NULL,
  channel text NOT NULL,
  phone text NOT NULL,
  categories text NOT NULL,
  points text NOT NULL,
  matters text NOT NULL,
  who text NOT NULL,
  lead text,
  status text NOT NULL,
  rank text NOT NULL,
  checked_at date,
  source text NOT NULL,
  retired_at timestamptz,
  successor text,
  retired_reason text,
  change_seq bigint NOT NULL REFERENCES change(seq)
);
CREATE TRIGGER reservations_follow_the_log BEFORE INSERT OR UPDATE ON reservations
  FOR EACH ROW EXECUTE FUNCTION servicemap_follow_log_of('reservation', 'id');
CREATE TRIGGER reservations_are_retired BEFORE DELETE OR TRUNCATE ON reservations
  EXECUTE FUNCTION servicemap_keep_records();

CREATE TABLE schedules (
  fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  point text NOT NULL,
  matter text,
  slots text NOT NULL,
  observed_at timestamptz NOT NULL,
  source text NOT NULL,
  retired_at timestamptz,
  successor text,
  retired_reason text,
  change_seq bigint NOT NULL REFERENCES change(seq)
);
CREATE TRIGGER schedules_follow_the_log BEFORE INSERT OR UPDATE ON schedules
  FOR EACH ROW EXECUTE FUNCTION servicemap_follow_log_of('schedule', 'id');
CREATE TRIGGER schedules_are_retired BEFORE DELETE OR TRUNCATE ON schedules
  EXECUTE FUNCTION servicemap_keep_records();
