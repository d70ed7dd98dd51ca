/**
 * The worker builder: builds one image and ends. Its environment says what to build (input.ts); its exit code
 * (api/workers/build-failures.ts) and the report in the blob store say what became of it.
 */

import { enableCompileCache } from "node:module";

const interruption = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => interruption.abort());

// The rest is imported late, so that the cache serves it and no signal comes too early.
enableCompileCache();
const { exitCode, run } = await import("./run.ts");

const report = await run(process.env, interruption.signal);
const level = report.failure ? "error" : "info";
process.stderr.write(`${JSON.stringify({ level, message: "build", ...report })}\n`, () =>
  process.exit(exitCode(report)),
);
