import { describe, expect, it } from "vitest";
import { type Instance, isRolledOut, type RolloutState, rolloutPlan, servingInstance } from "./rollout.ts";

const instance = (id: string, over: Partial<Instance> = {}): Instance => ({
  id,
  slot: 0,
  hash: id.split("-")[0] ?? "",
  phase: "ready",
  published: true,
  ...over,
});

const state = (over: Partial<RolloutState> = {}): RolloutState => ({
  replicas: 1,
  hash: "new",
  stable: undefined,
  surge: 1,
  instances: [],
  notBefore: () => 0,
  now: 1_000,
  ...over,
});

const starting = { phase: "starting", published: false } as const;

describe("rolloutPlan", () => {
  it.each<[string, Partial<RolloutState>, string[], string[]]>([
    ["starts every slot of something new at once", { replicas: 3 }, ["0 new", "1 new", "2 new"], []],
    ["is content with what serves", { instances: [instance("new")] }, [], []],
    ["waits for what is starting", { instances: [instance("new", starting)] }, [], []],
    ["starts the successor beside the old one", { stable: "old", instances: [instance("old")] }, ["0 new"], []],
    [
      "lets the old one serve while its successor starts",
      { stable: "old", instances: [instance("old"), instance("new", starting)] },
      [],
      [],
    ],
    [
      "does not drain before routers know the successor",
      { stable: "old", instances: [instance("old"), instance("new", { published: false })] },
      [],
      [],
    ],
    ["drains the old one then", { stable: "old", instances: [instance("old"), instance("new")] }, [], ["old"]],
    [
      "replaces no more slots at once than it may",
      { replicas: 3, stable: "old", instances: [0, 1, 2].map((slot) => instance(`old-${slot}`, { slot })) },
      ["0 new"],
      [],
    ],
    [
      "counts the replacement that is under way",
      {
        replicas: 2,
        stable: "old",
        instances: [instance("old-0"), instance("new-0", starting), instance("old-1", { slot: 1 })],
      },
      [],
      [],
    ],
    [
      "ends at once what was superseded before it served",
      { stable: "old", instances: [instance("old"), instance("middle", starting)] },
      ["0 new"],
      ["middle"],
    ],
    [
      "gives a slot back what served, while the new one fails",
      { stable: "old", notBefore: (_, hash) => (hash === "new" ? 2_000 : 0) },
      ["0 old"],
      [],
    ],
    ["starts both after a restart", { stable: "old" }, ["0 new", "0 old"], []],
    ["restarts what crashed", { stable: "new" }, ["0 new"], []],
    ["keeps to the back-off", { stable: "new", notBefore: () => 1_001 }, [], []],
    [
      "drains what is beyond the replicas",
      { stable: "new", instances: [instance("new-0"), instance("new-1", { slot: 1 })] },
      [],
      ["new-1"],
    ],
    ["drains all for none", { replicas: 0, instances: [instance("new")] }, [], ["new"]],
    ["drains nothing twice", { replicas: 0, instances: [instance("new", { phase: "draining" })] }, [], []],
    [
      "starts anew beside what drains",
      { stable: "new", instances: [instance("new", { phase: "draining" })] },
      ["0 new"],
      [],
    ],
    [
      "keeps an old one whose successor lost its readiness",
      { stable: "old", instances: [instance("old"), instance("new", { phase: "unready" })] },
      [],
      [],
    ],
  ])("%s", (_, over, start, drain) => {
    const plan = rolloutPlan(state(over));
    expect(plan.start.map(({ slot, hash }) => `${slot} ${hash}`)).toEqual(start);
    expect(plan.drain).toEqual(drain);
  });

  it("says when the next start is due", () => {
    const notBefore = (slot: number) => (slot === 0 ? 5_000 : 3_000);
    expect(rolloutPlan(state({ replicas: 2, notBefore })).wakeAt).toBe(3_000);
    expect(rolloutPlan(state()).wakeAt).toBeUndefined();
  });
});

describe("servingInstance", () => {
  it.each<[string, Instance[], string | undefined]>([
    ["the wanted one", [instance("old"), instance("new")], "new"],
    ["the old one until then", [instance("old"), instance("new", starting)], "old"],
    ["the old one again", [instance("old"), instance("new", { phase: "unready" })], "old"],
    ["none that drains", [instance("new", { phase: "draining" })], undefined],
    ["none of another slot", [instance("new", { slot: 1 })], undefined],
  ])("is %s", (_, instances, id) => {
    expect(servingInstance(instances, 0, "new")?.id).toBe(id);
  });
});

describe("isRolledOut", () => {
  it.each<[string, Partial<RolloutState>, boolean]>([
    ["the wanted one serves", { instances: [instance("new")] }, true],
    ["the old one still drains", { instances: [instance("new"), instance("old", { phase: "draining" })] }, true],
    ["nothing is wanted", { replicas: 0 }, true],
    ["an old one is left", { instances: [instance("new"), instance("old")] }, false],
    ["nobody knows the address", { instances: [instance("new", { published: false })] }, false],
    ["it is not ready", { instances: [instance("new", { phase: "unready" })] }, false],
    ["one is missing", { replicas: 2, instances: [instance("new")] }, false],
  ])("when %s: %s", (_, over, expected) => {
    expect(isRolledOut(state(over))).toBe(expected);
  });
});
