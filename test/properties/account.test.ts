import fc from "fast-check";
import { expect, test } from "vitest";
import { build, waitingJobs } from "./builder.ts";
import { collectGarbage } from "./cluster.ts";
import { checkRest, checkSync, type Memory, newMemory } from "./invariants.ts";
import { fresh, parentsOf } from "./metacontroller.ts";
import { composites, newPlatform, type Platform, syncOne, syncSome } from "./platform.ts";
import { rollPods } from "./pods.ts";
import { type Random, randomFrom } from "./random.ts";
import { runs, timeout } from "./runs.ts";
import { applyTemplate, deployCode, meddle, removeScript, rollback, setSecret, steal, upload } from "./users.ts";

type Step = (platform: Platform, random: Random) => void;

/** What may happen beside syncs, with how often it does. */
const steps: Record<string, { weight: number; run: Step }> = {
  upload: { weight: 4, run: upload },
  rollback: { weight: 2, run: rollback },
  secret: { weight: 2, run: setSecret },
  steal: { weight: 1, run: steal },
  remove: { weight: 2, run: removeScript },
  template: { weight: 1, run: applyTemplate },
  meddle: { weight: 1, run: meddle },
  pods: {
    weight: 16,
    run: (platform, random) => {
      for (let times = 1 + random.below(4); times > 0; times--) rollPods(platform);
    },
  },
  garbage: { weight: 2, run: ({ cluster }) => void collectGarbage(cluster) },
  time: {
    weight: 2,
    run: ({ cluster }, random) => {
      cluster.now += 1000 * random.below(60);
    },
  },
  build: {
    weight: 16,
    run: (platform, random) => {
      const job = random.pick(waitingJobs(platform));
      if (job !== undefined) build(platform, job, !random.oneIn(8));
    },
  },
};

const names = Object.entries(steps).map(([name, { weight }]) => ({ weight, arbitrary: fc.constant(name) }));
const step = fc.record({ what: fc.oneof({ weight: 40, arbitrary: fc.constant("sync") }, ...names), seed: fc.nat() });
const schedule = fc.array(step, { minLength: 60, maxLength: 200, size: "max" });

/** Everybody finishes, with fresh caches, until nothing changes any more. */
function rest(platform: Platform, memory: Memory): void {
  for (let round = 0; round < 60; round++) {
    const before = platform.cluster.revision;
    platform.cluster.now += 400_000;
    collectGarbage(platform.cluster);
    syncAll(platform, memory);
    for (const job of waitingJobs(platform)) build(platform, job, true);
    for (let times = 0; times < 6; times++) rollPods(platform);
    if (platform.cluster.revision === before) return;
  }
  expect.fail("the platform never comes to rest");
}

function syncAll(platform: Platform, memory: Memory): void {
  for (const composite of composites) {
    for (const key of parentsOf(platform.cluster, composite)) {
      const synced = syncOne(platform, composite, key, fresh);
      if (synced !== undefined) checkSync(platform, synced, memory);
    }
  }
}

function play(schedule: { what: string; seed: number }[], isLate: boolean, releaseHistoryLimit: number): Platform {
  const platform = newPlatform(releaseHistoryLimit);
  const memory = newMemory();
  deployCode(platform, "api", false);
  deployCode(platform, "web", false);
  rest(platform, memory);
  for (const { what, seed } of schedule) {
    const random = randomFrom(seed);
    steps[what]?.run(platform, random);
    for (let times = what === "sync" ? 1 + random.below(12) : 0; times > 0; times--) {
      const synced = syncSome(platform, random, isLate);
      if (synced !== undefined) checkSync(platform, synced, memory);
    }
  }
  rest(platform, memory);
  checkRest(platform, memory, releaseHistoryLimit);
  return platform;
}

test("with caches as late as they like, an account never serves what it must not, and ends where it should", {
  timeout,
}, () => {
  fc.assert(
    fc.property(schedule, (entries) => void play(entries, true, 0)),
    runs(20),
  );
});

test("with fresh caches and a long memory, nothing that is known to be built is built again", { timeout }, () => {
  fc.assert(
    fc.property(schedule, (entries) => {
      const undisturbed = entries.filter(({ what }) => what !== "meddle");
      expect(play(undisturbed, false, 20).repeated).toEqual([]);
    }),
    runs(10),
  );
});
