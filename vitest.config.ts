import { defineConfig } from "vitest/config";

/** Pure code: hooks, kinds and what follows from them. Runs in seconds, so it runs all the time. */
const unit = [
  "api/**/*.test.ts",
  "hooks/**/*.test.ts",
  "manifests/**/*.test.ts",
  "test/*.test.ts",
  "test/properties/**/*.test.ts",
];

/** The whole platform, driven by the real wrangler. */
const endToEnd = ["test/e2e/**/*.test.ts"];

/** Parts against real counterparts: processes, sockets, files, workerd, kubectl. */
const integrationFolders = [
  "cli",
  "installation",
  "kubernetes",
  "local",
  "runtime",
  "server",
  "services",
  "stores",
  "test/vectors",
];

const limits = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: unit } },
      {
        test: {
          name: "integration",
          include: integrationFolders.map((folder) => `${folder}/**/*.test.ts`),
          testTimeout: 30_000,
        },
      },
      { test: { name: "e2e", include: endToEnd, ...limits } },
    ],
    coverage: {
      provider: "v8",
      include: ["hooks/**/*.ts"],
      exclude: ["**/*.test.ts"],
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 },
    },
  },
});
