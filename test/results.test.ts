import { expect, test } from "vitest";
import { countOf, sum } from "./results.ts";

function file(name: string, status: string, tests: [string, string][]) {
  const assertionResults = tests.map(([title, outcome]) => {
    return { ancestorTitles: ["group"], title, fullName: `group ${title}`, status: outcome };
  });
  return { name, status, assertionResults };
}

test("tests are counted by what became of them", () => {
  const tests: [string, string][] = [
    ["a", "passed"],
    ["b", "failed"],
    ["c", "skipped"],
    ["d", "todo"],
  ];
  expect(countOf({ testResults: [file("x.test.ts", "failed", tests)] }, 1)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 2,
    failedNames: ["group b"],
    skippedNames: ["group: 2"],
  });
});

test("a file that cannot be loaded is a failure, though no test of it ran", () => {
  const result = countOf({ testResults: [file("x.test.ts", "failed", [])] }, 1);
  expect(result).toMatchObject({ passed: 0, failed: 1, failedNames: ["x.test.ts"] });
});

test("a bad exit code is a failure, though every test passed", () => {
  const result = countOf({ testResults: [file("x.test.ts", "passed", [["a", "passed"]])] }, 1);
  expect(result).toMatchObject({ passed: 1, failed: 1 });
});

test("a program without a report counts as one test", () => {
  expect(countOf(undefined, 0)).toMatchObject({ passed: 1, failed: 0, failedNames: [] });
  expect(countOf(undefined, 2)).toMatchObject({ passed: 0, failed: 1, failedNames: ["exit code 2"] });
});

test("the sum adds up", () => {
  const count = { passed: 1, failed: 2, skipped: 3 };
  expect(sum([count, count])).toEqual({ passed: 2, failed: 4, skipped: 6 });
  expect(sum([])).toEqual({ passed: 0, failed: 0, skipped: 0 });
});
