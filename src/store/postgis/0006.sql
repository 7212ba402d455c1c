-- Public holidays and make-up workdays; the id is the day.

CREATE TABLE days (
  fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  kind text NOT NULL,
  name text NOT NULL,
  retired_at timestamptz,
  successor text,
  retired_reason text,
  change_seq bigint NOT NULL REFERENCES change(seq)
);
CREATE TRIGGER days_follow_the_log BEFORE INSERT OR UPDATE ON days
  FOR EACH ROW EXECUTE FUNCTION servicemap_follow_log_of('day', 'id');
CREATE TRIGGER days_are_retired BEFORE DELETE OR TRUNCATE ON days
  EXECUTE FUNCTION servicemap_keep_records();
