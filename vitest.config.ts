import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** vitest leaves one core to others, which is half of a small machine; and many tests wait more than they compute. */
const atLeast = (workers: number) => Math.max(workers, availableParallelism() - 1);

/** Pure code: hooks, kinds and what follows from them. Runs in seconds, so it runs all the time. */
const unit = [
  "api/**/*.test.ts",
  "hooks/**/*.test.ts",
  "manifests/**/*.test.ts",
  "test/*.test.ts",
  "test/properties/**/*.test.ts",
  "test/buildbarn/**/*.test.ts",
];

/** Generated configuration against the programs that read it. */
const knowPrograms = ["test/buildbarn/{configuration,native}.test.ts"];

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
  "test/cluster/buildbarn/stand-in",
  "test/vectors",
];

/** Parts that are compared with a real Kubernetes; without one there is nothing to run. */
const needKubernetes = ["{local,test/buildbarn}/**/real-api-server.test.ts", "test/properties/stored-form.test.ts"];

/** Parts that also run without a real S3 server and a real registry, but then less of them does. */
const knowStores = [
  "stores/{blob,image}.test.ts",
  "services/worker-builder/registry.test.ts",
  "services/sweeper/stores.test.ts",
];

/** Takes away what builds need, which farms have no use for. */
const againstBuilds = ["test/cluster/faults/waiting.test.ts"];

/**
 * What takes away parts that everybody needs, so that each of them runs alone: at first, since these tests mostly wait,
 * and `npm test` has others to run meanwhile.
 */
const againstAll = ["test/e2e/workers/build-failures.test.ts", "test/cluster/faults/*.test.ts"];

/** What runs on a cluster: the same tests of the Workers family, and what only a cluster can show. */
const accounts = ["test/e2e/workers/**/*.test.ts", "test/cluster/*.test.ts"];
const farms = ["test/cluster/buildbarn/*.test.ts"];

/** Tests that may run beside each other in a file wait for controllers and kubelets nearly all of their time. */
const onCluster = {
  globalSetup: "test/cluster/setup.ts",
  maxConcurrency: 12,
  testTimeout: 180_000,
  hookTimeout: 120_000,
};

/** Projects that run beside one another, after those of lower groups; vitest wants their workers to be as many. */
const beside = (groupOrder: number) => ({ maxWorkers: 4, sequence: { groupOrder } });

const limits = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      // Pure code has nothing to be isolated from: every module is loaded once per process, not once per file.
      {
        test: {
          name: "unit",
          include: unit,
          exclude: [...needKubernetes, ...knowPrograms],
          isolate: false,
          maxWorkers: atLeast(2),
        },
      },
      {
        test: {
          name: "integration",
          include: [...integrationFolders.map((folder) => `${folder}/**/*.test.ts`), ...knowPrograms],
          exclude: needKubernetes,
          maxWorkers: atLeast(3),
          testTimeout: 30_000,
        },
      },
      { test: { name: "e2e", include: endToEnd, maxWorkers: atLeast(2), ...limits } },
      {
        test: {
          name: "cluster-faults",
          include: againstAll,
          exclude: againstBuilds,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...onCluster,
        },
      },
      // While farms wait for pods, parts are compared with the API server.
      {
        test: {
          name: "cluster-farms",
          include: [...farms, ...againstBuilds],
          ...beside(2),
          ...onCluster,
        },
      },
      { test: { name: "kubernetes", include: needKubernetes, ...beside(2), ...limits } },
      {
        test: {
          name: "cluster",
          include: accounts,
          exclude: againstAll,
          ...beside(3),
          ...onCluster,
        },
      },
      { test: { name: "stores", include: knowStores, ...beside(3), ...limits } },
    ],
    coverage: {
      provider: "v8",
      include: ["hooks/**/*.ts"],
      exclude: ["**/*.test.ts"],
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 },
    },
  },
});
