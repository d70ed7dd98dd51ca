/**
 * `npm test`: everything that this machine can check, in order, and one line at the end that sums it up.
 *
 *   npm test                     all of it
 *   npm test -- --unit           only the unit tests
 *   npm test -- [--unit] ARGS    vitest gets ARGS, for example part of a path; coverage is not asked for then
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { styleText } from "node:util";
import { reasonAgainstCluster } from "./cluster/harness/machine.ts";
import { endOnSignals, runProgram } from "./programs.ts";
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
  { title: "manifests", args: [join(root, "manifests", "generate.ts"), "--check"] },
  { title: "types", args: [tool("tsc"), "--noEmit"] },
  { title: "style", args: [tool("biome"), "check", "."] },
  { title: "layers", args: [tool("depcruise"), "--config", ".dependency-cruiser.cjs", "."] },
];

function vitest(project: "unit" | "integration" | "e2e", title: string, args: string[]): Part {
  const report = join(scratch, `${project}.json`);
  return { title, args: [tool("vitest"), "run", "--project", project, ...reporters(report), ...args], report };
}

function reporters(report: string): string[] {
  return ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
}

/** Parts that follow one another. Lanes run side by side: much of what tests on a cluster do is to wait. */
type Lane = readonly Part[];

function lanesFor(args: readonly string[]): Lane[] {
  const given = args.filter((arg) => arg !== "--unit");
  const isWhole = given.length === 0;
  const chosen = isWhole ? [] : ["--passWithNoTests", ...given];
  const unit = vitest("unit", "unit", isWhole ? ["--coverage", "--coverage.reporter=text"] : chosen);
  if (args.includes("--unit")) return [[unit]];

  const skip = reasonAgainstWorkerd();
  const embedded = [vitest("integration", "integration", chosen), vitest("e2e", "end to end", chosen)];
  return [[...checks, unit, ...embedded.map((part) => ({ ...part, skip }))], [clusterPart(chosen, skip)]];
}

/** Begins a cluster, installs the platform on it, tests it there, and takes all of it away. */
function clusterPart(args: string[], withoutWorkerd: string | undefined): Part {
  const report = join(scratch, "cluster.json");
  const program = join(root, "test", "cluster", "suite.ts");
  const skip = withoutWorkerd ?? (process.env.TEST_PLATFORM === undefined ? reasonAgainstCluster() : undefined);
  return { title: "cluster", args: [program, ...reporters(report), ...args], report, skip };
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

/** How the suite was called is nothing that a test of the command should see. */
const environment = { ...process.env, OCTOPLANE_INVOCATION: "", ...(process.env.CI === "true" && { NO_COLOR: "1" }) };

const isColourful = process.env.CI !== "true";
const styled = (style: Parameters<typeof styleText>[0], text: string) => (isColourful ? styleText(style, text) : text);
const print = (text = "") => void process.stdout.write(`${text}\n`);

function heading(text: string): void {
  print(`\n${styled("bold", `--- ${text} ---`)}`);
}

interface Outcome {
  part: Part;
  /** None of a part that was skipped. */
  result?: Result;
}

/** A report that is missing means that vitest did not get that far. */
function resultOf({ report }: Part, exitCode: number): Result {
  const text = report !== undefined && existsSync(report) ? readFileSync(report, "utf8") : undefined;
  return countOf(text === undefined ? undefined : (JSON.parse(text) as VitestReport), exitCode);
}

/** @param onLine unless it has the terminal for itself */
async function runPart(part: Part, onLine: ((line: string) => void) | undefined): Promise<Outcome> {
  const say = onLine ?? print;
  if (part.skip !== undefined) {
    say(`skipped: ${part.skip}`);
    return { part };
  }
  const startedAt = performance.now();
  const exitCode = await runProgram({ args: part.args, cwd: root, env: environment, onLine });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(exitCode === 0 ? styled("green", `ok, ${seconds} s`) : styled("red", `failed, ${seconds} s`));
  return { part, result: resultOf(part, exitCode) };
}

async function runLane(lane: Lane, isAlone: boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const part of lane) {
    const mark = styled("dim", `${part.title} |`);
    outcomes.push(await runPart(part, isAlone ? undefined : (line) => print(`${mark} ${line}`)));
  }
  return outcomes;
}

async function runLanes(lanes: readonly Lane[]): Promise<Count> {
  heading(lanes.flatMap((lane) => lane.map(({ title }) => title)).join(", "));
  const outcomes = (await Promise.all(lanes.map((lane) => runLane(lane, lanes.length === 1)))).flat();
  summarize(outcomes);
  return sum(outcomes.flatMap(({ result }) => result ?? []));
}

function summarize(outcomes: readonly Outcome[]): void {
  heading("summary");
  const skipped = outcomes.flatMap(({ part, result }) => result?.skippedNames ?? `${part.title}: ${part.skip}`);
  const failed = outcomes.flatMap(
    ({ part, result }) => result?.failedNames.map((name) => `${part.title}: ${name}`) ?? [],
  );
  for (const what of skipped.sort()) print(`skipped  ${what}`);
  for (const what of failed) print(styled("red", `failed   ${what}`));
}

endOnSignals(() => rmSync(scratch, { recursive: true, force: true }));
try {
  const { passed, failed, skipped } = await runLanes(lanesFor(process.argv.slice(2)));
  process.exitCode = failed === 0 ? 0 : 1;
  print(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
