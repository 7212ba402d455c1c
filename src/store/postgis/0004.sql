-- What changes of borders moved. Columns of numbers, lists and objects are JSON.

CREATE TABLE redrawings (
  fid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  seq text NOT NULL,
  day date NOT NULL,
  at timestamptz NOT NULL,
  divisions text NOT NULL,
  points text NOT NULL,
  tickets text NOT NULL,
  flows text NOT NULL,
  moved text NOT NULL,
  retired_at timestamptz,
  successor text,
  retired_reason text,
  change_seq bigint NOT NULL REFERENCES change(seq)
);
CREATE TRIGGER redrawings_follow_the_log BEFORE INSERT OR UPDATE ON redrawings
  FOR EACH ROW EXECUTE FUNCTION servicemap_follow_log_of('redrawing', 'id');
CREATE TRIGGER redrawings_are_retired BEFORE DELETE OR TRUNCATE ON redrawings
  EXECUTE FUNCTION servicemap_keep_records();
