import { expect, test } from "vitest";
import { temporaryFolder } from "../stores/test-folder.ts";
import { buildDate, compatibilityDateProblem, newestCompatibilityDate, workerdPath, workerdVersion } from "./binary.ts";
import { hello, writeCode } from "./test-code.ts";
import { tryCode } from "./trial.ts";

test("the pinned workerd is there", () => {
  expect(workerdPath).toMatch(/workerd/);
  expect(workerdVersion).toContain(buildDate.replaceAll("-", ""));
});

test("dates are accepted up to a week after the build, but never after today", () => {
  const build = new Date(`${buildDate}T12:00:00Z`);
  const week = new Date(build.getTime() + 7 * 86_400_000);
  const later = new Date(build.getTime() + 400 * 86_400_000);
  expect(newestCompatibilityDate(build)).toBe(buildDate);
  expect(newestCompatibilityDate(later)).toBe(week.toISOString().slice(0, 10));
  expect(compatibilityDateProblem(buildDate, build)).toBeUndefined();
  expect(compatibilityDateProblem("2026-1-1", build)).toContain('not "2026-1-1"');
});

test("the real workerd starts code of the newest date", async () => {
  const directory = await temporaryFolder();
  const compatibilityDate = newestCompatibilityDate(new Date());
  expect(await tryCode(directory, await writeCode(directory, hello, { compatibilityDate }))).toMatchObject({
    ok: true,
  });
});
