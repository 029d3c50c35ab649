import { expect, test } from "vitest";

import { change, compact, count, decimal, percent, points, quantity } from "./number";

test.each([
  [0n, 0, "0"],
  [5n, 2, "0.05"],
  [-5n, 2, "-0.05"],
  [-123_456n, 3, "-123.456"],
])("writes %s with %s places as %s", (n, places, want) => {
  expect(decimal(n, places)).toBe(want);
});

test("shows ratios to the basis point, and a missing one as a dash", () => {
  expect([percent(3657n), percent(0n), percent(10_000n), percent(-5n), percent(undefined)]).toEqual([
    "36.57%",
    "0.00%",
    "100.00%",
    "-0.05%",
    "–",
  ]);
});

test("shows changes with their sign", () => {
  expect([change(500n), change(-161n), change(0n), change(undefined)]).toEqual(["+5.00%", "-1.61%", "0.00%", "–"]);
  expect([points(20n), points(-20n), points(undefined)]).toEqual(["+0.20 pp", "-0.20 pp", "–"]);
});

test("groups thousands and keeps three decimals of a quantity", () => {
  expect([count(9_007_199_254_740_993n), quantity(1161.061), quantity(42.5)]).toEqual(["9,007,199,254,740,993", "1,161.061", "42.5"]);
});

test("shortens the figures of an axis", () => {
  expect([compact(0), compact(2_500), compact(40_000_000)]).toEqual(["0", "2.5K", "40M"]);
});
