import { expect, test } from "vitest";

import { ticks } from "./scale";

test.each([
  [0, [0, 1]],
  [4, [0, 1, 2, 3, 4]],
  [42.5, [0, 10, 20, 30, 40, 50]],
  [51_000_000, [0, 20_000_000, 40_000_000, 60_000_000]],
  [100, [0, 20, 40, 60, 80, 100]],
])("marks an axis up to %s at %s", (highest, want) => {
  expect(ticks(highest)).toEqual(want);
});
