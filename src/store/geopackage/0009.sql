-- Who lives in a division, and the day that the number is of: both or neither.

ALTER TABLE divisions ADD COLUMN population INTEGER;
ALTER TABLE divisions ADD COLUMN population_at DATE;
