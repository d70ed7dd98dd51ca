import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Namespace } from "../../api/builtin.ts";
import type { Condition } from "../../api/status.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { type AnyComposite, composites, type Settings } from "../../hooks/composites.ts";
import type { SyncResponse } from "../../hooks/contract/wire.ts";
import type { AnyObject, JsonRecord } from "../../local/driver/json.ts";
import { credentials, settings } from "../objects/workers.ts";
import { checkBuiltin, isBuiltin } from "./builtin.ts";
import { type Cluster, latest, problems, time } from "./cluster.ts";
import { apply, ask, fresh, view, type World, worldOf } from "./metacontroller.ts";
import { runs, timeout } from "./runs.ts";
import { type Draw, draw } from "./specs.ts";
import { evolve, worldWith } from "./worlds.ts";

/** The first place where there is nothing: `$.children[0].spec.x`. */
function nothingAt(value: unknown, path = "$"): string | undefined {
  if (value === null || value === undefined) return path;
  if (typeof value !== "object") return undefined;
  for (const [key, part] of Object.entries(value)) {
    const found = nothingAt(part, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkAnswer(composite: AnyComposite, world: World, answer: SyncResponse): void {
  for (const child of answer.children as AnyObject[]) {
    // What a user stored in a version is kept as it is, null included.
    if (child.kind !== WorkerVersion.kind) expect(nothingAt(child)).toBeUndefined();
    if (isBuiltin(child)) checkBuiltin(child);
    else expect(problems(child)).toEqual([]);
  }
  expect(nothingAt(answer.status)).toBeUndefined();
  expect(problems({ ...world.parent, status: answer.status })).toEqual([]);
  expect(answer.resyncAfterSeconds ?? 1).toBeGreaterThan(0);
  expect(composite.children.map(({ kind }) => kind.kind)).toEqual(
    expect.arrayContaining(answer.children.map(({ kind }) => kind)),
  );
}

function shuffled<T>(g: Draw, items: readonly T[]): T[] {
  return draw(g, fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length }));
}

const network = { dns: { cidrs: ["192.0.2.53/32"], port: 1053 }, ingressFrom: { cidrs: ["192.0.2.1/32"] } };
const someSettings: Settings[] = [settings, { ...settings, credentials, network, drainSeconds: 0 }];

/** What serves stays listed, whatever the hook thinks of the rest. */
const lasting: Record<string, (world: World, kept: ReadonlySet<string>, answer: SyncResponse) => void> = {
  WorkerAccount({ children }, kept) {
    const bundle = children.find(({ kind }) => kind === WorkerBundle.kind);
    const { release } = (bundle?.spec ?? {}) as { release?: string };
    const isThere = children.some(({ kind, metadata }) => kind === WorkerRelease.kind && metadata.name === release);
    if (bundle !== undefined) expect(kept).toContain(`WorkerBundle/${bundle.metadata.name}`);
    if (isThere) expect(kept).toContain(`WorkerRelease/${release}`);
  },
  WorkerDeployment({ parent, children }, kept, { status }) {
    const before = (parent.status as JsonRecord | undefined)?.serving;
    if (before !== undefined) expect(status.serving).toBeDefined();
    const named = ((parent.spec as JsonRecord).deployments ?? []) as { versions: { name: string }[] }[];
    const names = new Set(named.flatMap(({ versions }) => versions.map(({ name }) => name)));
    for (const { metadata } of children)
      if (names.has(metadata.name)) expect(kept).toContain(`WorkerVersion/${metadata.name}`);
  },
  WorkerRelease({ parent, children }, kept) {
    if ((parent.spec as JsonRecord).image === undefined && children.length > 0) expect(kept.size).toBeGreaterThan(0);
  },
  JobBuilder(_, kept) {
    expect(kept.size).toBeGreaterThan(0);
  },
  WorkerBundle({ parent, children }, kept) {
    const { workers = [], podTemplate } = parent.spec as { workers?: unknown[]; podTemplate: JsonRecord };
    if (workers.length === 0 || podTemplate.image === undefined) return;
    for (const { kind, metadata } of children)
      if (kind === "Deployment") expect(kept).toContain(`Deployment/${metadata.name}`);
  },
};

interface Installation {
  composite: AnyComposite;
  cluster: Cluster;
  settings: Settings;
}

/** Asks the hook about the world as it is, in every way that must not matter. */
function observe(
  g: Draw,
  { composite, cluster, settings }: Installation,
  key: string,
): { world: World; answer: SyncResponse } {
  const objects = view(cluster, new Map(), fresh);
  const world = worldOf(composite, latest(cluster, key) as AnyObject, objects);
  const now = time(cluster);
  const answer = ask(composite, world, settings, now);
  checkAnswer(composite, world, answer);
  const kept = new Set(answer.children.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  lasting[composite.parent.kind]?.(world, kept, answer);

  const bytes = JSON.stringify(answer);
  const turned = { ...world, children: shuffled(g, world.children), related: shuffled(g, world.related) };
  expect(JSON.stringify(ask(composite, world, settings, now))).toBe(bytes);
  expect(JSON.stringify(ask(composite, turned, settings, now, "v1"))).toBe(bytes);
  return { world, answer };
}

/** What users and other controllers see of an answer; times are when it was asked, not what was found. */
function substance({ children, status }: SyncResponse) {
  const conditions = (status.conditions as Condition[]).map(({ lastTransitionTime: _, ...rest }) => rest);
  return { children, status: { ...status, conditions } };
}

/** Time alone changes nothing before the moment at which the hook wants to be asked again. */
function expectPatience(g: Draw, { composite, cluster, settings }: Installation, world: World, answer: SyncResponse) {
  const { resyncAfterSeconds = 1_000_000 } = answer;
  const early = draw(g, fc.integer({ min: 0, max: resyncAfterSeconds - 1 }));
  const later = ask(composite, world, settings, time({ ...cluster, now: cluster.now + early * 1000 }));
  expect(substance(later)).toEqual(substance(answer));
}

/** A new account claims its names before it does anything else. */
function beforehand(g: Draw, installation: Installation, key: string): void {
  const { composite, cluster } = installation;
  if (composite.parent.kind !== WorkerAccount.kind) return;
  const { world, answer } = observe(g, installation, key);
  apply(cluster, composite, world, answer);
}

describe.each(composites.map((composite) => [composite.parent.kind, composite] as const))("%s", (_, composite) => {
  test("same input, same bytes; nothing is null; what is sent is what is stored; what serves stays; and then it rests until it wants to be asked", {
    timeout,
  }, () => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        const { cluster, key } = worldWith(g, composite);
        const installation = { composite, cluster, settings: draw(g, fc.constantFrom(...someSettings)) };
        beforehand(g, installation, key);
        for (let round = 0; round < 3; round++) {
          const first = observe(g, installation, key);
          apply(cluster, composite, first.world, first.answer);

          const second = observe(g, installation, key);
          expect(apply(cluster, composite, second.world, second.answer)).toBe(false);

          const third = observe(g, installation, key);
          expect(third.answer).toEqual(second.answer);
          expectPatience(g, installation, third.world, third.answer);

          evolve(g, cluster, first.world.parent);
          cluster.now += draw(g, fc.constantFrom(0, 5000, 400_000));
        }
      }),
      runs(30),
    );
  });
});

test("an account whose related objects are not all there says nothing at all", () => {
  const composite = composites.find(({ parent }) => parent.kind === WorkerAccount.kind) as AnyComposite;
  fc.assert(
    fc.property(fc.gen(), (g) => {
      const { cluster, key } = worldWith(g, composite);
      beforehand(g, { composite, cluster, settings }, key);
      const world = worldOf(composite, latest(cluster, key) as AnyObject, view(cluster, new Map(), fresh));
      const isNeeded = ({ kind, metadata }: AnyObject) =>
        kind === Namespace.kind || metadata.ownerReferences?.[0]?.uid === world.parent.metadata.uid;
      const missing = draw(g, fc.constantFrom(...world.related.filter(isNeeded)));
      const related = world.related.filter((object) => object !== missing);
      expect(() => ask(composite, { ...world, related }, settings, time(cluster))).toThrow("not among the related");
    }),
    runs(10),
  );
});

test("a stored form with a null would be found", () => {
  expect(nothingAt({ a: [{ b: null }] })).toBe("$.a.0.b");
  expect(nothingAt({ a: [1], b: "" })).toBeUndefined();
});
