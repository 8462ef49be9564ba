import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** The tests on real market data, which lies beside a checkout where there is one and is no part of it. */
export default defineConfig({
  test: { ...base.test, include: ["tests/real/**/*.test.ts"], exclude: [], testTimeout: 300_000 },
});
