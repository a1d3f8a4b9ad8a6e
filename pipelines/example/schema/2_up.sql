ALTER TABLE bookings ADD COLUMN deposit_cents INTEGER NOT NULL DEFAULT 0;
CREATE INDEX bookings_by_day ON bookings (day);
