import { expect, test } from "vitest";

import { change, money, parseMoney, percent, plainMoney } from "./format";

test.each([
  [59_600n, "UGX", "UGX 59,600"],
  [59_600n, "USD", "USD 596.00"],
  [-5n, "USD", "-USD 0.05"],
  [0n, "UGX", "UGX 0"],
  // More digits than a float holds.
  [9_007_199_254_740_993n, "UGX", "UGX 9,007,199,254,740,993"],
])("shows %s minor units of %s as %s", (minor, currency, want) => {
  expect(money(minor, currency)).toBe(want);
});

test.each([
  ["1,234.5", "USD", 123_450n],
  ["1234", "UGX", 1_234n],
  ["1234.5", "UGX", undefined],
  ["-1", "USD", undefined],
  ["a lot", "USD", undefined],
])("reads %s %s as %s minor units", (text, currency, want) => {
  expect(parseMoney(text, currency)).toBe(want);
});

test("writes what it reads", () => {
  expect(parseMoney(plainMoney(105n, "USD"), "USD")).toBe(105n);
});

test("shows a missing ratio as a dash", () => {
  expect([percent(undefined), percent(3657n), change(500n), change(-161n)]).toEqual(["–", "36.6 %", "+5.0 %", "-1.6 %"]);
});
