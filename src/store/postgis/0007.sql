-- The public figures of tickets, a month each; the id is the month. Numbers and the list of
-- cells are JSON.

CREATE TABLE releases (
  fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  begins timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  k text NOT NULL,
  method text NOT NULL,
  seq text NOT NULL,
  made_at timestamptz NOT NULL,
  cells text NOT NULL,
  elsewhere text,
  retired_at timestamptz,
  successor text,
  retired_reason text,
  change_seq bigint NOT NULL REFERENCES change(seq)
);
CREATE TRIGGER releases_follow_the_log BEFORE INSERT OR UPDATE ON releases
  FOR EACH ROW EXECUTE FUNCTION servicemap_follow_log_of('release', 'id');
CREATE TRIGGER releases_are_retired BEFORE DELETE OR TRUNCATE ON releases
  EXECUTE FUNCTION servicemap_keep_records();
