import { expect, test } from "vitest";
import {
  buildFailure,
  infrastructureCodes,
  infrastructureFailures,
  workerFaultCode,
  workerFaultCodes,
} from "./build-failures.ts";
import { maxScripts } from "./fields.ts";

test("every worker of a full account has an exit code of its own that leads back to it", () => {
  expect(workerFaultCodes).toHaveLength(maxScripts);
  expect(workerFaultCodes.map((code) => buildFailure(code))).toEqual(
    workerFaultCodes.map((_, worker) => expect.objectContaining({ class: "worker", worker })),
  );
  expect([workerFaultCode(0), workerFaultCode(24), workerFaultCode(25), workerFaultCode(99)]).toEqual([
    100, 124, 160, 234,
  ]);
});

test("a build that was killed blames no worker", () => {
  for (const signalled of [126, 127, 128, 134, 137, 139, 143]) {
    expect(buildFailure(signalled)).toMatchObject({ class: "infrastructure", reason: "BuilderFailed" });
  }
});

test("infrastructure codes are distinct and lie between 10 and 39", () => {
  expect(new Set(infrastructureCodes).size).toBe(infrastructureCodes.length);
  expect(infrastructureCodes.every((code) => code >= 10 && code <= 39)).toBe(true);
  expect(buildFailure(infrastructureFailures.blobMissing.code)).toEqual({
    class: "infrastructure",
    reason: "BlobMissing",
    summary: "code is not in the blob store",
  });
});

test("reasons are condition reasons", () => {
  for (const { reason } of Object.values(infrastructureFailures)) expect(reason).toMatch(/^[A-Z][A-Za-z]+$/);
});
