/**
 * `npm test`: everything that this machine can check, in order, and one line at the end that sums it up.
 *
 *   npm test                     all of it
 *   npm test -- --unit           only the unit tests
 *   npm test -- [--unit] ARGS    vitest gets ARGS, for example part of a path; coverage is not asked for then
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { styleText } from "node:util";
import { reasonAgainstCluster } from "./cluster/harness/machine.ts";
import { type Count, countOf, type Result, sum, type VitestReport } from "./results.ts";

const root = join(import.meta.dirname, "..");
const scratch = mkdtempSync(join(tmpdir(), "octoplane-test-"));

/** One part of the suite: a program that says by its exit code whether it liked what it saw. */
interface Part {
  title: string;
  args: string[];
  /** Why it cannot run here. */
  skip?: string | undefined;
  /** Where vitest leaves its results; other programs count as one test. */
  report?: string;
}

const tool = (name: string) => realpathSync(join(root, "node_modules", ".bin", name));

const checks: Part[] = [
  { title: "generated manifests", args: [join(root, "manifests", "generate.ts"), "--check"] },
  { title: "types", args: [tool("tsc"), "--noEmit"] },
  { title: "style and mistakes", args: [tool("biome"), "check", "."] },
  { title: "layers", args: [tool("depcruise"), "--config", ".dependency-cruiser.cjs", "."] },
];

function vitest(project: "unit" | "integration" | "e2e", title: string, args: string[]): Part {
  const report = join(scratch, `${project}.json`);
  return { title, args: [tool("vitest"), "run", "--project", project, ...reporters(report), ...args], report };
}

function reporters(report: string): string[] {
  return ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
}

function partsFor(args: readonly string[]): Part[] {
  const given = args.filter((arg) => arg !== "--unit");
  const isWhole = given.length === 0;
  const chosen = isWhole ? [] : ["--passWithNoTests", ...given];
  const unit = vitest("unit", "unit tests", isWhole ? ["--coverage", "--coverage.reporter=text"] : chosen);
  if (args.includes("--unit")) return [unit];

  const skip = reasonAgainstWorkerd();
  const withWorkerd = [vitest("integration", "integration tests", chosen), vitest("e2e", "end-to-end tests", chosen)];
  return [...checks, unit, ...withWorkerd.map((part) => ({ ...part, skip })), clusterPart(chosen, skip)];
}

/** Begins a cluster, installs the platform on it, tests it there, and takes all of it away. */
function clusterPart(args: string[], withoutWorkerd: string | undefined): Part {
  const report = join(scratch, "cluster.json");
  const program = join(root, "test", "cluster", "suite.ts");
  const skip = withoutWorkerd ?? (process.env.TEST_PLATFORM === undefined ? reasonAgainstCluster() : undefined);
  return { title: "tests on a cluster", args: [program, ...reporters(report), ...args], report, skip };
}

/** The package has no binary for every machine, and on the others installing it is no error. */
function reasonAgainstWorkerd(): string | undefined {
  const machine = `${process.platform}-${process.arch}`;
  try {
    const path: string = createRequire(import.meta.url)("workerd").default;
    const { status } = spawnSync(path, ["--version"], { stdio: "ignore", timeout: 10_000 });
    return status === 0 ? undefined : `workerd does not run on this machine (${machine})`;
  } catch {
    return `workerd has no package for ${machine}`;
  }
}

let current: ChildProcess | undefined;

/** In a process group of its own, so that all of it can be ended. */
function run({ args }: Part): Promise<number> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
    // How the suite was called is nothing that a test of the command should see.
    env: { ...process.env, OCTOPLANE_INVOCATION: "", ...(process.env.CI === "true" && { NO_COLOR: "1" }) },
  });
  current = child;
  return new Promise((resolve) => {
    child.on("error", () => resolve(1));
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

function kill(signal: NodeJS.Signals): void {
  try {
    if (current?.pid !== undefined && current.exitCode === null) process.kill(-current.pid, signal);
  } catch {
    // it has just ended
  }
}

const patienceMs = 2_000;

/** What runs may end in its own way for a moment, and not for longer. */
function endOn(signal: "SIGINT" | "SIGTERM" | "SIGHUP"): void {
  process.once(signal, () => {
    kill(signal);
    const end = () => {
      kill("SIGKILL");
      rmSync(scratch, { recursive: true, force: true });
      process.exit(128 + constants.signals[signal]);
    };
    if (current === undefined || current.exitCode !== null) end();
    current?.once("exit", end);
    setTimeout(end, patienceMs);
  });
}

const isColourful = process.env.CI !== "true";
const styled = (style: Parameters<typeof styleText>[0], text: string) => (isColourful ? styleText(style, text) : text);
const print = (text = "") => void process.stdout.write(`${text}\n`);

function heading(text: string): void {
  print(`\n${styled("bold", `--- ${text} ---`)}`);
}

/** A report that is missing means that vitest did not get that far. */
function resultOf({ report }: Part, exitCode: number): Result {
  const text = report !== undefined && existsSync(report) ? readFileSync(report, "utf8") : undefined;
  return countOf(text === undefined ? undefined : (JSON.parse(text) as VitestReport), exitCode);
}

async function runParts(parts: readonly Part[]): Promise<Count> {
  const results: { title: string; result: Result }[] = [];
  const skipped: string[] = [];
  for (const [index, part] of parts.entries()) {
    heading(`${index + 1}/${parts.length} ${part.title}`);
    if (part.skip !== undefined) {
      print(`skipped: ${part.skip}`);
      skipped.push(`${part.title}: ${part.skip}`);
      continue;
    }
    const startedAt = performance.now();
    const exitCode = await run(part);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    print(exitCode === 0 ? styled("green", `ok, ${seconds} s`) : styled("red", `failed, ${seconds} s`));
    results.push({ title: part.title, result: resultOf(part, exitCode) });
  }
  summarize(results, skipped);
  return sum(results.map(({ result }) => result));
}

function summarize(results: readonly { title: string; result: Result }[], skippedParts: readonly string[]): void {
  heading("summary");
  const skipped = [...skippedParts, ...results.flatMap(({ result }) => result.skippedNames)].sort();
  const failed = results.flatMap(({ title, result }) => result.failedNames.map((name) => `${title}: ${name}`));
  for (const what of skipped) print(`skipped  ${what}`);
  for (const what of failed) print(styled("red", `failed   ${what}`));
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) endOn(signal);
try {
  const { passed, failed, skipped } = await runParts(partsFor(process.argv.slice(2)));
  process.exitCode = failed === 0 ? 0 : 1;
  print(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
