import fc from "fast-check";
import { test } from "vitest";
import { addByHand, convert, lowerByHand, raiseByHand } from "./farm-by-hand.ts";
import { checkRest, checkSafety, checkSync } from "./farm-checks.ts";
import { type Check, type FarmModel, freeze, syncSome } from "./farm-model.ts";
import { doze, passTime, rest, stepPods, stepShards } from "./farm-pods.ts";
import { farewell, progress, stray, surprise, waver } from "./farm-stories.ts";
import { type FarmOptions, meddle, move, newFarm, optionalClients, scale } from "./farm-users.ts";
import { type Random, randomFrom } from "./random.ts";
import { runs, timeout } from "./runs.ts";

type Step = (model: FarmModel, random: Random, check: Check) => void;

const steps: Record<string, Step> = {
  sync: repeated(6, syncSome),
  shards: repeated(4, stepShards),
  pods: repeated(12, stepPods),
  scale,
  meddle,
  move,
  progress,
  waver,
  surprise,
  farewell,
  stray,
  freeze,
  doze,
  lower: (model, random) => lowerByHand(model, 1 + random.below(2)),
  raise: raiseByHand,
  convert,
  time: (model, random) => passTime(model, random.pick([0, 1, 40, 400, 8000]) ?? 0),
};

/** How often each happens where everything does. */
const usual: Record<keyof typeof steps, number> = {
  ...{ sync: 12, shards: 5, pods: 8, progress: 25, time: 4 },
  ...{ scale: 8, meddle: 5, move: 2, lower: 3, raise: 2, convert: 2, waver: 2, surprise: 2, farewell: 2, stray: 1 },
  ...{ freeze: 5, doze: 5 },
};

function repeated(most: number, step: Step): Step {
  return (model, random, check) => {
    for (let times = 1 + random.below(most); times > 0; times--) {
      step(model, random, check);
      check();
    }
  };
}

/** Steps with these weights, one after the other. */
function schedule(weights: Record<string, number>, minLength: number, maxLength: number) {
  const what = fc.oneof(...Object.entries(weights).map(([name, weight]) => ({ weight, arbitrary: fc.constant(name) })));
  return fc.array(fc.record({ what, seed: fc.nat() }), { minLength, maxLength, size: "max" });
}

interface Play extends FarmOptions {
  configShards: number | undefined;
  schedule: { what: string; seed: number }[];
}

/** No client ever knows of a shard that is not there, whatever happens, and in the end all is as wanted. */
function play({ schedule, configShards, ...options }: Play): void {
  const model = newFarm(options);
  const check: Check = (synced) => {
    if (synced !== undefined) checkSync(model, synced);
    checkSafety(model);
  };
  rest(model, check);
  addByHand(model, configShards);
  rest(model, check);
  if (configShards !== 0) checkRest(model);
  for (const { what, seed } of schedule) steps[what]?.(model, randomFrom(seed), check);
  check();
  rest(model, check);
  for (let times = 0; times < 2; times++) {
    lowerByHand(model, 1);
    rest(model, check);
  }
  checkRest(model);
}

const none = fc.constant(undefined);
const small = {
  countsTerminating: fc.boolean(),
  fallbackSeconds: fc.constant(0),
  hasOther: fc.constant(false),
  clients: fc.constant([]),
};

test("shards come and go under every kind of client, with caches as late as they like", { timeout }, () => {
  const farm = fc.record({
    countsTerminating: fc.boolean(),
    fallbackSeconds: fc.constantFrom(0, 3600),
    hasOther: fc.constantFrom(false, false, true),
    clients: fc.subarray(Object.keys(optionalClients)),
    configShards: fc.constantFrom(undefined, undefined, 0, 1, 2),
    schedule: schedule(usual, 10, 40),
  });
  fc.assert(fc.property(farm, play), runs(25));
});

test("a user who changes his mind again is not answered with what was said before", { timeout }, () => {
  const weights = { waver: 6, farewell: 4, scale: 2, progress: 2, doze: 1, freeze: 1 };
  const clients = fc.constantFrom([], ["frontend"]);
  const farm = fc.record({ ...small, clients, configShards: none, schedule: schedule(weights, 4, 8) });
  fc.assert(fc.property(farm, play), runs(40));
});

test("a client that comes back from another storage, which its first hears of in parts", { timeout }, () => {
  const weights = { stray: 6, move: 2, scale: 2, progress: 2, doze: 1, freeze: 1 };
  const clients = fc.constantFrom([], ["frontend"]);
  const hasOther = fc.constant(true);
  const farm = fc.record({ ...small, hasOther, clients, configShards: none, schedule: schedule(weights, 4, 8) });
  fc.assert(fc.property(farm, play), runs(8));
});

test("configuration that is written by hand, which changes when its hook sees nothing", { timeout }, () => {
  const weights = { surprise: 6, progress: 2, lower: 2, scale: 2, time: 1 };
  const farm = fc.record({
    ...small,
    clients: fc.constantFrom([], ["worker-a"]),
    configShards: fc.constantFrom(undefined, 1, 1),
    schedule: schedule(weights, 4, 8),
  });
  fc.assert(fc.property(farm, play), runs(25));
});
