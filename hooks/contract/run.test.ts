import { describe, expect, test, vi } from "vitest";
import { ConfigMap, Secret } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { syncRequest } from "../../test/objects/request.ts";
import { account, at, now, workerVersion } from "../../test/objects/workers.ts";
import { type Answer, type Composite, relatedIn } from "./composite.ts";
import { no, yes } from "./conditions.ts";
import { keep } from "./keep.ts";
import { runCustomize, runFinalize, runSync } from "./run.ts";

const ready = { Ready: yes("Fine", "it is fine") };

function configMap(name: string, data: Record<string, string> = { a: "b" }): KubernetesObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data } as KubernetesObject;
}

function compositeOf(
  answer: Partial<Answer<Record<string, unknown>>>,
  rest: Partial<Composite<KubernetesObject, unknown>> = {},
): Composite<KubernetesObject, unknown> {
  return {
    parent: WorkerAccount as never,
    children: [
      { kind: ConfigMap, update: "InPlace" },
      { kind: WorkerVersion, update: "OnDelete" },
    ],
    sync: () => ({ children: [], status: {}, conditions: ready, ...answer }) as never,
    ...rest,
  };
}

function sync(
  answer: Partial<Answer<Record<string, unknown>>>,
  world: Partial<Parameters<typeof syncRequest>[0]> = {},
) {
  return runSync(compositeOf(answer), syncRequest({ parent: account({}, { generation: 4 }), ...world }), {}, now);
}

describe("status", () => {
  test("speaks of the generation that was asked about, with conditions, and without undefined fields", () => {
    expect(sync({ status: { a: 1, b: undefined } }).status).toStrictEqual({
      a: 1,
      observedGeneration: 4,
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "Fine",
          message: "it is fine",
          lastTransitionTime: now,
          observedGeneration: 4,
        },
      ],
    });
  });

  test("says since when a child is waited for, and asks again", () => {
    const answer = sync({ children: [configMap("a")] });
    expect(answer.status.pendingChildren).toEqual([{ kind: "ConfigMap", name: "a", since: now }]);
    expect(answer.status.conditions).toMatchObject([{ type: "Ready", status: "True" }]);
    expect(answer.resyncAfterSeconds).toBe(20);
  });

  test("a child that stays missing makes Ready false, and no other condition", () => {
    const parent = account({}, { status: { pendingChildren: [{ kind: "ConfigMap", name: "a", since: at(-60) }] } });
    const conditions = { ...ready, Built: yes("ImagePushed", "pushed") };
    expect(sync({ children: [configMap("a")], conditions }, { parent }).status.conditions).toMatchObject([
      { type: "Ready", status: "False", reason: "ChildMissing" },
      { type: "Built", status: "True", reason: "ImagePushed" },
    ]);
  });
});

describe("asking again", () => {
  const [missing, there] = [[], [configMap("a")]];

  test.each([
    ["not at all when nothing is waited for", undefined, there, undefined],
    ["when the hook wants it", 7, there, 7],
    ["when it is time to say that a child is missing", undefined, missing, 20],
    ["as early as one of them wants", 7, missing, 7],
    ["never after no time at all: 0 would mean never", 0, there, undefined],
  ])("%s", (_, resyncAfterSeconds, children, expected) => {
    expect(sync({ children: [configMap("a")], resyncAfterSeconds }, { children }).resyncAfterSeconds).toBe(expected);
  });
});

describe("children", () => {
  const namespaced = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "team" } };

  test("are sent without undefined fields", () => {
    const child = { ...configMap("a"), immutable: undefined };
    expect(sync({ children: [child] }).children).toStrictEqual([configMap("a")]);
  });

  test("may be kept with what their user stored in them", () => {
    const version = workerVersion("v1", { bindings: [{ name: "A", type: "json", json: { nothing: null } }] });
    expect(sync({ children: [keep(version)] }, { children: [version] }).children).toEqual([keep(version)]);
  });

  test.each<[string, unknown[], string]>([
    ["null", [null], "an entry of children is no Kubernetes object"],
    ["undefined", [undefined], "an entry of children is no Kubernetes object"],
    ["an object without metadata", [{ apiVersion: "v1", kind: "ConfigMap" }], "is no Kubernetes object"],
    [
      "a kind that is not declared",
      [{ ...namespaced, kind: Secret.kind }],
      "v1 Secret is not declared as a child kind",
    ],
    ["another version of a kind", [{ ...namespaced, apiVersion: "v2" }], "v2 ConfigMap is not declared"],
    ["two of one name", [configMap("a"), configMap("a")], "ConfigMap/a is listed twice"],
    ["an empty field", [configMap("a", {})], "ConfigMap/a.data is an empty object"],
  ])("%s is a bug, and nothing is sent", (_, children, complaint) => {
    expect(() => sync({ children: children as never })).toThrow(
      expect.objectContaining({ code: "BadChild", status: 500, message: expect.stringContaining(complaint) }),
    );
  });
});

describe("finalize", () => {
  const parent = account({}, { deletionTimestamp: now });
  const body = syncRequest({ parent, finalizing: true });
  const finalize = (finalized: boolean) => () =>
    ({
      children: [configMap("a")],
      status: { a: 1 },
      conditions: { Ready: no("Ending", "it ends") },
      finalized,
    }) as never;

  test.each([true, false])("children are managed until the end, finalized: %s", (finalized) => {
    const answer = runFinalize(compositeOf({}, { finalize: finalize(finalized) }), body, {}, now);
    expect(answer).toMatchObject({
      finalized,
      children: [configMap("a")],
      status: { a: 1, conditions: [{ type: "Ready", status: "False", reason: "Ending" }] },
    });
  });

  test("sync has no word about it", () => {
    expect(sync({})).not.toHaveProperty("finalized");
  });

  test("each hook is asked about its own parents only", () => {
    const finalizer = vi.fn(finalize(true));
    const composite = compositeOf({}, { finalize: finalizer });
    expect(() => runFinalize(composite, { ...body, finalizing: false }, {}, now)).toThrow("ask the sync hook");
    expect(() => runSync(composite, body, {}, now)).toThrow("ask the finalize hook");
    expect(() => runFinalize(compositeOf({}), body, {}, now)).toThrow("WorkerAccount has no finalize hook");
    expect(finalizer).not.toHaveBeenCalled();
  });
});

describe("customize", () => {
  test("answers from the parent alone", () => {
    const rule = relatedIn("team", Secret, { names: ["a"] });
    const composite = compositeOf({}, { customize: ({ metadata }) => [{ ...rule, names: [metadata.name] }] });
    expect(runCustomize(composite, { parent: account() })).toEqual({
      relatedResources: [{ apiVersion: "v1", resource: "secrets", namespace: "team", names: ["acme"] }],
    });
  });

  test("a composite without related objects wants none", () => {
    expect(runCustomize(compositeOf({}), { parent: account() })).toEqual({ relatedResources: [] });
  });
});
