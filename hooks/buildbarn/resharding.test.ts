import { describe, expect, test } from "vitest";
import { at, now } from "../../test/objects/workers.ts";
import type { Client } from "./resharding.clients.ts";
import { type Ledger, reshard, type ShardFacts } from "./resharding.ts";

/** A client that has noted revision 1 of two shards in all its pods. */
function client(over: Partial<Client> = {}): Client {
  return {
    uid: "f",
    generation: 3,
    title: "BuildbarnFrontend frontend",
    graceSeconds: 30,
    isClaimant: true,
    isManual: false,
    isCurrent: true,
    use: { name: "storage", revision: 1, shards: 2, settled: true },
    ...over,
  };
}

const noted = { uid: "f", generation: 3, title: "BuildbarnFrontend frontend", graceSeconds: 30 };
const two: Ledger = { revision: 1, shards: 2, clients: [noted] };

/** A storage of two shards with one client, at rest. */
function decide(over: Partial<ShardFacts> = {}) {
  const facts = { storage: "storage", wanted: 2, ledger: two, asked: 2, isReady: true, lastRevision: 1 };
  return reshard({ ...facts, fallbackSeconds: 0, clients: [client()], now, ...over });
}

const used = (over: object) => client({ use: { name: "storage", revision: 1, shards: 2, settled: true, ...over } });

test("at rest nothing happens", () => {
  expect(decide()).toEqual({ pods: 2, ledger: two, waitsFor: [] });
});

describe("at first", () => {
  test("pods are asked for and nobody is told of a shard", () => {
    const first = decide({ ledger: undefined, asked: 0, isReady: false, lastRevision: 0, clients: [] });
    expect(first).toEqual({ pods: 2, ledger: { revision: 1, shards: 0, clients: [] }, waitsFor: [] });
  });

  test("clients are told when all pods are ready", () => {
    const ledger = { revision: 1, shards: 0, clients: [] };
    expect(decide({ ledger, clients: [], isReady: false }).ledger).toEqual(ledger);
    expect(decide({ ledger, clients: [] }).ledger).toEqual({ ...ledger, revision: 2, shards: 2 });
  });

  test("a StatefulSet that was deleted comes back with every shard that is in use, under a revision nobody knows", () => {
    const again = { ledger: undefined, isReady: false, wanted: 1, lastRevision: 7 };
    expect(decide({ ...again, asked: 0 })).toMatchObject({
      pods: 2,
      ledger: { revision: 8, shards: 0, clients: [noted] },
    });
    expect(decide({ ...again, asked: 3 })).toMatchObject({ pods: 3 });
  });

  test("revisions that clients know are never used again", () => {
    expect(decide({ lastRevision: 5 }).ledger).toMatchObject({ revision: 6, shards: 2 });
  });
});

describe("growing", () => {
  const four = { wanted: 4, asked: 4 };

  test.each<[string, Partial<ShardFacts>, Partial<Ledger>]>([
    ["pods come first", { wanted: 4, asked: 2 }, { revision: 1, shards: 2 }],
    ["nobody is told while one is not ready", { ...four, isReady: false }, { revision: 1, shards: 2 }],
    ["clients are told when all are ready", four, { revision: 2, shards: 4 }],
  ])("%s", (_, over, ledger) => {
    const step = decide(over);
    expect(step).toMatchObject({ pods: 4, ledger, waitsFor: [] });
  });

  test("back to a shard that is kept for somebody and ready needs no waiting for him", () => {
    const ledger = { ...two, revision: 3, heldShards: 4 };
    const step = decide({ wanted: 3, asked: 4, ledger, clients: [used({ shards: 4 })] });
    expect(step).toMatchObject({ pods: 4, ledger: { revision: 4, shards: 3, heldShards: 4 } });
  });

  test("a number that was too large goes back, though clients wait that were never told of a shard", () => {
    const ledger = { revision: 1, shards: 0, clients: [noted] };
    const step = decide({ ledger, asked: 1000, isReady: false, clients: [client({ use: undefined })] });
    expect(step).toEqual({ pods: 2, ledger, waitsFor: [] });
  });

  test("a change of mind before anybody was told takes the pods away at once", () => {
    expect(decide({ asked: 4, isReady: false })).toMatchObject({ pods: 2, ledger: { revision: 1 } });
  });
});

describe("shrinking", () => {
  const one = { wanted: 1, ledger: { ...two, revision: 2, shards: 1, heldShards: 2 } };

  test("clients are told first", () => {
    const step = decide({ wanted: 1 });
    expect(step).toMatchObject({ pods: 2, ledger: { revision: 2, shards: 1 }, waitsFor: [noted.title] });
  });

  test.each<[string, Client, boolean]>([
    ["all its pods use the new map", used({ revision: 2, shards: 1 }), true],
    ["it is still rolling", used({ revision: 2, shards: 1, settled: false }), false],
    ["it has an older map", used({ revision: 1 }), false],
    ["it says nothing", client({ use: undefined }), false],
    ["it speaks of an earlier form of itself", { ...used({ revision: 2, shards: 1 }), isCurrent: false }, false],
    ["it speaks of another storage, and means this one", used({ name: "other", revision: 2 }), false],
    ["it went over to another storage", { ...used({ name: "other" }), isClaimant: false }, true],
    ["it is going over", { ...used({ name: "other", settled: false }), isClaimant: false }, false],
    ["its configuration is written by hand and names fewer shards", { ...used({ shards: 1 }), isManual: true }, true],
    ["its configuration is written by hand and names more", { ...used({ shards: 2 }), isManual: true }, false],
    ["its configuration is written by hand and nobody knows", client({ isManual: true, use: undefined }), false],
  ])("a client has let go when %s", (_, someone, hasLetGo) => {
    const { pods, waitsFor } = decide({ ...one, clients: [someone] });
    expect({ pods, waitsFor }).toEqual(hasLetGo ? { pods: 1, waitsFor: [] } : { pods: 2, waitsFor: [noted.title] });
  });

  test("what is written by hand keeps the shards that there are, and brings none about, whatever it names", () => {
    const manual = client({ isManual: true, use: { name: "storage", revision: 0, shards: 1000, settled: true } });
    expect(decide({ ...one, clients: [manual] })).toMatchObject({ pods: 2, waitsFor: [noted.title] });
    expect(decide({ clients: [manual] })).toMatchObject({ pods: 2, waitsFor: [] });
    const first = { ledger: undefined, asked: 0, isReady: false, lastRevision: 0, clients: [manual] };
    expect(decide(first)).toMatchObject({ pods: 2, ledger: { shards: 0, heldShards: 2 } });
  });

  test("a client that was never noted cannot hold anything up once it is another's", () => {
    const other = { ...used({ name: "other", settled: false }), uid: "x", isClaimant: false };
    const mine = used({ revision: 2, shards: 1 });
    expect(decide({ ...one, clients: [mine, other] })).toMatchObject({ pods: 1, ledger: { clients: [noted] } });
  });

  test.each<[string, Client]>([
    ["went over to another storage", { ...used({ name: "other" }), isClaimant: false }],
    ["uses the new map", used({ revision: 2, shards: 1 })],
  ])("whoever %s has said so of an earlier form of itself, where a later one was seen before", (_, before) => {
    const returned = { ...noted, generation: 4 };
    const step = decide({ ...one, ledger: { ...two, clients: [returned] }, clients: [before] });
    expect(step).toMatchObject({ pods: 2, waitsFor: [noted.title], ledger: { clients: [returned] } });
  });

  test("a client that is gone holds its shards as long as its pods may", () => {
    const gone = decide({ ...one, clients: [] });
    expect(gone).toMatchObject({ pods: 2, waitsFor: [noted.title], askAgainAfter: 150 });
    expect(gone.ledger.clients).toEqual([{ ...noted, goneSince: now }]);

    const later = { ...one, clients: [], ledger: gone.ledger };
    expect(decide({ ...later, now: at(149) })).toMatchObject({ pods: 2, askAgainAfter: 1 });
    expect(decide({ ...later, now: at(150) })).toMatchObject({ pods: 1, ledger: { clients: [] } });
  });

  test("the longest time that a client ever asked for is what counts", () => {
    const ledger = { ...two, clients: [{ ...noted, graceSeconds: 7260 }] };
    expect(decide({ ledger }).ledger.clients).toEqual([{ ...noted, graceSeconds: 7260 }]);
  });

  test("with nobody there it is done at once", () => {
    expect(decide({ wanted: 1, ledger: { ...two, clients: [] }, clients: [] })).toMatchObject({ pods: 1 });
    const none = decide({ wanted: 0, fallbackSeconds: 3600, ledger: { ...two, clients: [] }, clients: [] });
    expect(none).toMatchObject({ pods: 0, ledger: { revision: 2, shards: 0 } });
    expect(none.ledger).not.toHaveProperty("previousShards");
  });

  test("to nothing it waits for the last client", () => {
    expect(decide({ wanted: 0 })).toMatchObject({ pods: 2, waitsFor: ["BuildbarnFrontend frontend"] });
  });
});

describe("with a fallback", () => {
  const fallbackSeconds = 3600;

  test("blobs are looked for on the former map, too, and its shards stay", () => {
    const step = decide({ wanted: 1, fallbackSeconds });
    expect(step.ledger).toMatchObject({ revision: 2, shards: 1, previousShards: 2, since: now });
    expect(step.askAgainAfter).toBe(3600);

    const settled = used({ revision: 2 });
    expect(decide({ wanted: 1, fallbackSeconds, ledger: step.ledger, clients: [settled] }).pods).toBe(2);
  });

  test("when its time is over clients are told, and only then shards go", () => {
    const ledger = { revision: 2, shards: 1, previousShards: 2, since: at(-3600), clients: [noted] };
    const over = { wanted: 1, fallbackSeconds, ledger };
    const step = decide({ ...over, clients: [used({ revision: 2 })] });
    expect(step).toMatchObject({ pods: 2, ledger: { revision: 3, shards: 1 }, waitsFor: [noted.title] });
    expect(step.ledger).not.toHaveProperty("previousShards");
    expect(decide({ ...over, ledger: step.ledger, clients: [used({ revision: 3 })] }).pods).toBe(1);
  });

  test("the first shards have nothing to fall back to", () => {
    const ledger = { revision: 1, shards: 0, clients: [noted] };
    expect(decide({ ledger, fallbackSeconds }).ledger).not.toHaveProperty("previousShards");
  });

  test("one that was turned off ends at once", () => {
    const ledger = { ...two, previousShards: 3, since: now };
    expect(decide({ ledger }).ledger).toEqual({ ...two, revision: 2, heldShards: 3 });
  });

  test("a map without a time has no fallback to wait for", () => {
    const ledger = { ...two, previousShards: 3 };
    expect(decide({ ledger, fallbackSeconds }).ledger).toEqual({ ...two, revision: 2, heldShards: 3 });
  });
});
