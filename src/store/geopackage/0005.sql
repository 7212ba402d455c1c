-- The words of tickets as they were before an import changed them, so that it can be taken
-- back. They are erased together with those in ticket_texts.
CREATE TABLE ticket_texts_replaced (
  change_seq INTEGER NOT NULL,
  ticket INTEGER NOT NULL REFERENCES tickets(fid),
  description TEXT,
  address TEXT,
  contact TEXT,
  phone TEXT,
  response TEXT,
  PRIMARY KEY (change_seq, ticket)
) WITHOUT ROWID;
