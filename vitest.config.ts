import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    exclude: ["tests/real/**", "node_modules/**"],
    globalSetup: ["tests/support/global-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A second, which is the default, is no time on a machine that is busy with other tests: a file may take as long to be flushed.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
});
