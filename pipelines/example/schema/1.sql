-- The app as it has been running: schema 1, with what its users entered.
BEGIN;
CREATE TABLE bookings (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  day TEXT NOT NULL
);
INSERT INTO bookings (name, day) VALUES
  ('Ada', '2026-03-02'),
  ('Grace', '2026-03-03'),
  ('Edsger', '2026-03-05');
PRAGMA user_version = 1;
COMMIT;
