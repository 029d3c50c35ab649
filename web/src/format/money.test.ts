import { expect, test } from "vitest";

import { amount, approximate, money, parseMoney } from "./money";

test.each([
  [59_600n, "UGX", "UGX 59,600"],
  [59_600n, "USD", "USD 596.00"],
  [59_600n, "KWD", "KWD 59.600"],
  // People write no decimals of these two, but a minor unit is a hundredth all the same.
  [59_600n, "IDR", "IDR 596.00"],
  [59_605n, "HUF", "HUF 596.05"],
  [-1_145_879n, "UGX", "-UGX 1,145,879"],
  [-5n, "USD", "-USD 0.05"],
  [0n, "UGX", "UGX 0"],
  // More digits than a float holds.
  [9_007_199_254_740_993n, "UGX", "UGX 9,007,199,254,740,993"],
  [9_007_199_254_740_993n, "USD", "USD 90,071,992,547,409.93"],
])("shows %s minor units of %s as %s", (minor, currency, want) => {
  expect(money(minor, currency)).toBe(want);
});

test("leaves the currency out where a table names it once", () => {
  expect([amount(59_600n, "UGX"), amount(59_600n, "USD"), amount(-5n, "USD")]).toEqual(["59,600", "596.00", "-0.05"]);
});

test("measures charts in major units", () => {
  expect([approximate(59_600n, "UGX"), approximate(59_605n, "USD")]).toEqual([59_600, 596.05]);
});

test.each([
  ["1,234.5", "USD", 123_450n],
  [" 1 234 ", "UGX", 1_234n],
  ["0", "UGX", 0n],
  ["9007199254740993", "UGX", 9_007_199_254_740_993n],
  ["9223372036854775807", "UGX", 2n ** 63n - 1n],
  ["9223372036854775808", "UGX", undefined],
  ["1234.5", "UGX", undefined],
  ["1.234", "USD", undefined],
  ["-1", "USD", undefined],
  ["", "USD", undefined],
  ["a lot", "USD", undefined],
])("reads %s %s as %s minor units", (text, currency, want) => {
  expect(parseMoney(text, currency)).toBe(want);
});

test.each(["UGX", "USD", "KWD"])("reads what it shows of %s", (currency) => {
  expect(parseMoney(amount(123_405n, currency), currency)).toBe(123_405n);
});
