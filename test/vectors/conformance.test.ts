/**
 * The driver against recordings of the real Metacontroller. An event is skipped only for a reason that its name tells,
 * and refused where Metacontroller would crash, spin or lose objects.
 */

import { afterAll, beforeAll, describe, it } from "vitest";
import { ConfigMap, Namespace } from "../../api/builtin.ts";
import { Cluster, CustomResourceDefinition, definitionOf, Kid, Thing } from "./kinds.ts";
import { readRecording } from "./recording.ts";
import { createController, replay } from "./replay.ts";
import { bumpParent } from "./tester.ts";
import { startWorld, type World } from "./world.ts";

interface Scenario {
  /** What the tester did where the first request does not show it. */
  actions?: Record<string, (world: World) => Promise<unknown>>;
  skipped?: Record<string, string>;
  /** Answers that the driver refuses, by event. */
  refused?: Record<string, RegExp>;
  /** Why the requests of an event cannot be the recorded ones; all else is compared. */
  withoutRequests?: Record<string, string>;
  /** The recording lists Events here that belong to the next event. */
  withoutEvents?: string[];
  /** What exists in the recording because of an answer that the driver refuses. */
  absent?: string[];
  unordered?: string[];
  jobStatus?: boolean;
  withoutKids?: boolean;
}

const demo = (name: string) => ({ namespace: "demo", name });
const removeThing = (name: string) => (world: World) => world.client.delete(Thing, demo(name));
const thing = (name: string) => ({
  apiVersion: "vectors.example.com/v1",
  kind: "Thing",
  metadata: demo(name),
  spec: {},
});
const fastCollector = "requests not compared: the local garbage collector ends before the driver's first sync does";

const finalizing: Scenario = {
  actions: {
    "delete n1 (background propagation, default)": removeThing("n1"),
    "foreign finalizer removed from n2": (world) =>
      world.client.mergePatch(Thing, demo("n2"), { metadata: { finalizers: null } }),
  },
  skipped: {
    "create parent d and delete it at once (before or during its first sync)": "a race that nobody decides",
  },
};

const oddChildren: Scenario = {
  actions: {
    "finalizer removed by third party": ({ client }) =>
      client.mergePatch(ConfigMap, demo("a-1"), { metadata: { finalizers: null } }),
    // Metacontroller had deleted these before it failed; the driver refused the answer as a whole.
    "cluster-scoped parent: only one child left, changed": async (world) => {
      await world.stopDriver();
      const { client } = world;
      const gone = { ignoreNotFound: true };
      for (const namespace of ["demo", "demo-other"]) await client.delete(ConfigMap, { namespace, name: "k-1" }, gone);
      await client.delete(Namespace, { name: "demo-kid" }, gone);
      await client.mergePatch(Cluster, { name: "k" }, { spec: { rev: 2 } } as object);
      await world.startDriver();
    },
  },
  withoutRequests: {
    "cluster-scoped parent: only one child left, changed":
      "requests not compared: namespaces are gone at once in the local API server",
  },
  refused: {
    "child in another namespace (namespaced parent)":
      /ConfigMap demo-other\/a-x must be in its parent's namespace demo/,
    "child of a kind not declared in childResources (Secret)": /v1 Secret is not in childResources/,
    "undeclared kind: desired data changes": /v1 Secret is not in childResources/,
    "child of an unknown kind": /v1 Bogus is not in childResources/,
    "cluster-scoped parent: namespaced child without metadata.namespace":
      /metadata\.namespace of ConfigMap k-1 is missing/,
  },
  withoutEvents: ["cluster-scoped parent with namespaced children in two namespaces and a cluster-scoped child"],
  skipped: {
    "child carries its own ownerReferences": "never settles in Metacontroller either: the owner does not exist",
  },
  absent: ["Secret/a-s"],
  unordered: ["ConfigMap/k-1"],
};

const scenarios: Record<string, Scenario> = {
  "s1-dyn": {},
  "s1-dyn-v2": {},
  "s2-dyn-inplace": {},
  "s2-dyn-ondelete": {},
  "s3-dyn": {
    refused: {
      "hook answer: noapi": /children\[0\]\.apiVersion is missing/,
      "hook answer: noname": /children\[0\]\.metadata\.name of a ConfigMap is missing/,
      "hook answer: nometa": /children\[0\]\.metadata\.name of a ConfigMap is missing/,
    },
  },
  "s3-dyn-v2": { skipped: { "hook answer: dup": "JSON.parse does not tell duplicate fields" } },
  "s6-dyn": finalizing,
  "s6-dyn-v2": finalizing,
  "s7-dyn-v2": {
    actions: {
      "unrelated ConfigMap (no label) changes data": async ({ client }) => {
        await client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: demo("nosrc") });
        await client.mergePatch(ConfigMap, demo("nosrc"), { data: { v: "1" } });
      },
      "it loses the label again (stops matching)": ({ client }) =>
        client.mergePatch(ConfigMap, demo("nosrc"), { metadata: { labels: { src: null } } } as object),
      "src2 is deleted": ({ client }) => client.delete(ConfigMap, demo("src2")),
    },
  },
  // The recorded time stands for every time, so that fresh times at each sync do not loop here.
  "s9-dyn": {
    actions: { "status.conditions []": bumpParent },
  },
  "s11-dyn": {
    withoutKids: true,
    actions: {
      "controller declares child resource kids whose CRD is not installed; parent created": async (world) => {
        for (const controller of readRecording("s11-dyn").controllers) await createController(world, controller);
        await world.client.create(Thing, thing("a"));
      },
      "child CRD installed": ({ client }) => client.create(CustomResourceDefinition, definitionOf(Kid)),
      "child CRD removed again while running": ({ client }) =>
        client.delete(CustomResourceDefinition, definitionOf(Kid).metadata),
      "parent changes while the child CRD is gone": bumpParent,
    },
  },
  "s13-dyn": { jobStatus: true, actions: { "parent a deleted (no finalize hook)": removeThing("a") } },
  "s14-dyn": {
    actions: { "delete parent b with propagationPolicy Background": removeThing("b") },
    withoutRequests: {
      "delete parent f with propagationPolicy Foreground": fastCollector,
      "delete parent o with propagationPolicy Orphan": fastCollector,
    },
  },
  "s15-dyn": oddChildren,
  // Events that change a-1 are left out of this recording.
  "s15-dyn-v2": { ...oddChildren, absent: ["Secret/a-s", "ConfigMap/a-1"] },
};

describe.each(Object.entries(scenarios))("%s", replayScenario);

function replayScenario(name: string, scenario: Scenario): void {
  const {
    actions = {},
    skipped = {},
    refused = {},
    withoutRequests = {},
    withoutEvents = [],
    absent = [],
    unordered = [],
    jobStatus = false,
    withoutKids = false,
  } = scenario;
  const recording = readRecording(name);
  const listedKinds = new Set(
    recording.events.flatMap(({ clusterAfter = [] }) => clusterAfter.map(({ kind }) => kind)),
  );
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ jobStatus, unordered, withoutKids });
    await world.startDriver();
  });
  afterAll(() => world.close());

  for (const event of recording.events) {
    const { title } = event;
    const options = {
      action: actions[title],
      refused: refused[title],
      withoutRequests: withoutRequests[title] !== undefined,
      withoutEvents: withoutEvents.includes(title),
      absent,
      listedKinds,
      jobStatus,
    };
    const name = [refused[title] && "refuses:", title, remark(skipped[title] ?? withoutRequests[title])];
    const test = skipped[title] === undefined ? it : it.skip;
    test(name.filter(Boolean).join(" "), () => replay(world, recording, event, options));
  }
}

function remark(reason: string | undefined): string | undefined {
  return reason && `(${reason})`;
}
