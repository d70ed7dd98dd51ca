import { expect, test } from "vitest";
import { settings, workerDeployment, workerVersion } from "../../test/objects/workers.ts";
import { templateVersion } from "./worker-deployment.template.ts";

test("the first version of a template comes after all that the API made, whether they are numbered or not", () => {
  const { scriptName: _, ...spec } = workerDeployment("api", undefined).spec;
  const template = { scriptName: "api", compatibilityDate: "2026-03-01", scriptsUrls: ["accounts/acme/a.js"] };
  const parent = { ...workerDeployment("api", undefined), spec: { ...spec, template } };
  const sequence = (...versions: ReturnType<typeof workerVersion>[]) =>
    templateVersion(parent, versions, settings)?.spec.sequence;
  expect(sequence(workerVersion("v7", { sequence: 7 }), workerVersion("old"))).toBe(8);
  expect(sequence(workerVersion("old"))).toBe(1);
  expect(templateVersion(workerDeployment("api", undefined), [], settings)).toBeUndefined();
});
