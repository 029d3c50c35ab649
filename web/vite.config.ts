import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = "http://localhost:8080";

export default defineConfig({
  plugins: [
    react(),
    {
      // The Go binary embeds dist, which must exist in a checkout that has not built the dashboard yet.
      name: "keep-dist",
      generateBundle() {
        this.emitFile({ type: "asset", fileName: ".gitkeep", source: "" });
      },
    },
  ],
  build: { outDir: "dist", emptyOutDir: true },
  server: { proxy: { "^/chefcloud\\.": server } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
