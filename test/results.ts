/** What came of one part of the suite, as numbers and names. */

export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Result extends Count {
  failedNames: string[];
  /** Groups of skipped tests with their number: the title of a group says what is missing. */
  skippedNames: string[];
}

/** The parts that are read of vitest's JSON report. */
export interface VitestReport {
  testResults: FileReport[];
}

interface FileReport {
  /** Path of the file. */
  name: string;
  status: string;
  assertionResults: { ancestorTitles: string[]; title: string; fullName: string; status: string }[];
}

/** @param report of vitest; any other program counts as one test */
export function countOf(report: VitestReport | undefined, exitCode: number): Result {
  const whole = { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0, skippedNames: [] };
  if (report === undefined) return { ...whole, failedNames: exitCode === 0 ? [] : [`exit code ${exitCode}`] };

  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter(({ status }) => status === "passed");
  const failed = tests.filter(({ status }) => status === "failed");
  const skipped = tests.filter(({ status }) => status !== "passed" && status !== "failed");
  const failedNames = [...failed.map(({ fullName }) => fullName), ...brokenFiles(report)];
  if (exitCode !== 0 && failedNames.length === 0) {
    failedNames.push(
      `exit code ${exitCode}, though no test failed: coverage, or an error outside of tests (see above)`,
    );
  }
  return {
    passed: passed.length,
    failed: failedNames.length,
    skipped: skipped.length,
    failedNames,
    skippedNames: grouped(skipped.map(({ ancestorTitles, title }) => ancestorTitles[0] ?? title)),
  };
}

/** Files that failed before any of their tests could. */
function brokenFiles({ testResults }: VitestReport): string[] {
  return testResults
    .filter(({ status, assertionResults }) => status === "failed" && assertionResults.every(isNoFailure))
    .map(({ name }) => name);
}

function isNoFailure({ status }: { status: string }): boolean {
  return status !== "failed";
}

function grouped(titles: readonly string[]): string[] {
  return [...Map.groupBy(titles, (title) => title)].map(([title, { length }]) => `${title}: ${length}`);
}

export function sum(counts: readonly Count[]): Count {
  const total = (key: keyof Count) => counts.reduce((before, count) => before + count[key], 0);
  return { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
}
