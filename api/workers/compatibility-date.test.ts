import { expect, test } from "vitest";
import { isoDate } from "./compatibility-date.ts";

test.each([
  ["03/01/2026", "2026-03-01"],
  ["2026-03-01", "2026-03-01"],
])("compatibility date %s is %s for workerd", (date, iso) => {
  expect(isoDate(date)).toBe(iso);
});
