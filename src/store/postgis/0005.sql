-- The words of tickets as they were before an import changed them, so that it can be taken
-- back. They are erased together with those in ticket_texts.
CREATE TABLE ticket_texts_replaced (
  change_seq bigint NOT NULL,
  ticket bigint NOT NULL,
  description text,
  address text,
  contact text,
  phone text,
  response text,
  PRIMARY KEY (change_seq, ticket)
);
