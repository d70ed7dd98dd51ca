import { expect, test } from "vitest";
import { Namespace, Secret } from "../../api/builtin.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { compositeName, relatedAnywhere, relatedIn, relatedNamed } from "./composite.ts";

test("a composite is named after its parent's kind", () => {
  expect(compositeName({ parent: WorkerAccount as never })).toBe("workeraccount");
});

test("related objects of one namespace always name it: without it, all are searched", () => {
  expect(relatedIn("team", Secret, { names: ["a"] })).toEqual({
    apiVersion: "v1",
    resource: "secrets",
    namespace: "team",
    names: ["a"],
  });
  expect(relatedIn("team", WorkerAccount, { labelSelector: {} })).toMatchObject({
    apiVersion: "api.cf-worker/v1",
    resource: "workeraccounts",
    labelSelector: {},
  });
});

test("related objects that lie in no namespace have names only", () => {
  expect(relatedNamed(Namespace, ["team"])).toEqual({ apiVersion: "v1", resource: "namespaces", names: ["team"] });
});

test("related objects of the whole cluster name none", () => {
  expect(relatedAnywhere(Namespace, { matchLabels: { a: "b" } })).toEqual({
    apiVersion: "v1",
    resource: "namespaces",
    labelSelector: { matchLabels: { a: "b" } },
  });
});
