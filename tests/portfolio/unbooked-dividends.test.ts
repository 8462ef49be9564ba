import { expect, test } from "vitest";
import { withoutBooking } from "../../src/portfolio/unbooked-dividends.ts";

const dividend = (ex_date: string, ticker = "NORD", account_id = 1) => ({ account_id, ticker, ex_date });
const booking = (date: string, ticker = "NORD", account_id = 1) => ({ account_id, ticker, date });

test("a booking is of the last ex-date before it, of its own ticker and account, and of one alone", () => {
  const quarters = ["2024-03-15", "2024-06-14", "2024-09-13", "2024-12-13"].map((day) => dividend(day));
  const left = (...bookings: ReturnType<typeof booking>[]) =>
    withoutBooking(quarters, bookings).map(({ ex_date }) => ex_date);
  expect(left()).toHaveLength(4);
  expect(left(booking("2024-03-28"), booking("2024-07-01"), booking("2024-12-30"))).toEqual(["2024-09-13"]);
  // Booked with the ex-date itself, a little before it, or three months after it.
  expect(left(booking("2024-03-15"), booking("2024-06-12"), booking("2024-12-09"))).toEqual(["2024-12-13"]);
  expect(left(booking("2024-06-15", "WRLD"), booking("2024-06-15", "NORD", 2))).toHaveLength(4);
  expect(left(booking("2024-03-01"), booking("2025-08-01"))).toHaveLength(4);
});

test("of who pays every month one that is missing is not made up for by the next", () => {
  const months = ["2024-01-31", "2024-02-29", "2024-03-28", "2024-04-30"].map((day) => dividend(day));
  const bookings = ["2024-02-07", "2024-04-05", "2024-05-08"].map((day) => booking(day));
  expect(withoutBooking(months, bookings)).toEqual([dividend("2024-02-29")]);
  // Two at once: the second is of the one before.
  expect(withoutBooking(months, [...bookings, booking("2024-04-05")])).toEqual([]);
});
