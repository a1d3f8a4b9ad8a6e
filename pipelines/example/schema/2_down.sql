DROP INDEX bookings_by_day;
ALTER TABLE bookings DROP COLUMN deposit_cents;
