import { expect, test } from "vitest";

import { addMonths, date, dates, month, shortDate, weekday } from "./date";

test("shows a civil date as the same day in every time zone", () => {
  expect([date("2026-11-08"), shortDate("2026-11-08"), weekday("2026-11-08"), month("2026-11")]).toEqual([
    "8 Nov 2026",
    "8 Nov",
    "Sun 8",
    "November 2026",
  ]);
});

test("shows a span of dates without repeating itself", () => {
  expect([dates("2026-11-17", "2026-11-23"), dates("2026-11-23", "2026-11-23")]).toEqual(["17 – 23 Nov 2026", "23 Nov 2026"]);
});

test("steps through months over the turn of the year", () => {
  expect([addMonths("2026-11", 2), addMonths("2027-01", -1), addMonths("2026-11", 0)]).toEqual(["2027-01", "2026-12", "2026-11"]);
});
