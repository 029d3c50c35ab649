import { defineConfig } from "vitest/config";

// The examples run against a real server, at $BASE with a token in $TOKEN, as chefcloud up sets them for a command.
export default defineConfig({
  test: { dir: "examples", include: ["**/*.spec.ts"], environment: "node", fileParallelism: false, testTimeout: 30_000 },
});
