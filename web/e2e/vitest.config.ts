import { defineConfig } from "vitest/config";

// One real browser on one real server: slow steps, and one after the other.
export default defineConfig({
  test: { dir: "e2e", include: ["**/*.spec.ts"], fileParallelism: false, hookTimeout: 60_000, testTimeout: 60_000 },
});
