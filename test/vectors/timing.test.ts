/**
 * When hooks are called again (scenario S8): all parents of the recording at once, for as long as it takes to tell. A
 * live call may come late on a busy machine, never early.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Thing } from "./kinds.ts";
import { type Exchange, type HookResponse, readRecording } from "./recording.ts";
import { createController } from "./replay.ts";
import { createRecorded } from "./tester.ts";
import { startWorld, type World } from "./world.ts";

const observedMs = 3_600;
/** The first syncs follow each other at once; how many they are is a matter of timing. */
const settledMs = 200;
const earlyMs = 40;
const lateMs = 500;

const recording = readRecording("s8-dyn");
/** The first one of every parent. */
const exchanges = new Map(recording.events.map(({ exchanges: [first] }) => first as Exchange).map((each) => [nameOf(each), each]));
const calls = new Map<string, number[]>();
let world: World;

function nameOf({ request }: Exchange): string {
  return request?.parent.metadata.name ?? "";
}

/** How often the first answer was given, where it was not once. */
const repeated: Record<string, number> = { "h429-2": 2, "h429-0": 30, "h429-none": 60, "h429-frac": 60, fail5: 5 };

function respond(name: string, call: number): HookResponse {
  const exchange = exchanges.get(name);
  if (exchange === undefined) throw new Error(`the recording has no parent ${name}`);
  const { response, laterResponses } = exchange;
  const later = call - (repeated[name] ?? 1);
  const chosen = later < 0 ? response : (laterResponses.at(repeated[name] === undefined ? later : -1) ?? laterResponses.at(-1));
  return chosen ?? response;
}

beforeAll(async () => {
  world = await startWorld({ jobStatus: false, unordered: [], withoutKids: false });
  await world.startDriver();
  world.answer = async ({ request, at }) => {
    const { name } = request.parent.metadata;
    const mine = calls.get(name) ?? [];
    calls.set(name, [...mine, at]);
    if (name === "slow") await new Promise((resolve) => setTimeout(resolve, 2_600));
    const response = respond(name, mine.length);
    if (name !== "h429-date" || response.status !== 429) return response;
    const soon = new Date(Math.ceil(Date.now() / 1000 + 1) * 1000);
    return { ...response, headers: { "retry-after": soon.toUTCString() } };
  };
  for (const controller of recording.controllers) await createController(world, controller);
  await Promise.all([...exchanges.values()].map((exchange) => createRecorded(world, exchange)));
  await new Promise((resolve) => setTimeout(resolve, observedMs));
});
afterAll(() => world.close());

/** Milliseconds since the first call, from when things had settled. */
function offsets(name: string): number[] {
  const [first = 0, ...others] = calls.get(name) ?? [];
  return others.map((at) => at - first).filter((offset) => offset > settledMs);
}

function expectCalls(name: string, expected: number[]): void {
  const live = offsets(name);
  const due = expected.filter((offset) => offset > settledMs && offset < observedMs - lateMs);
  expect(live.length, `${name}: ${live.map(Math.round)} instead of ${due}`).toBeGreaterThanOrEqual(due.length);
  due.forEach((offset, index) => {
    expect(live[index], `${name}, call at ${offset}`).toBeGreaterThan(offset - earlyMs);
    expect(live[index], `${name}, call at ${offset}`).toBeLessThan(offset + lateMs);
  });
  if (due.length === 0) expect(live).toEqual([]);
}

describe("calls come as recorded", () => {
  const same = ["resync-half", "resync-once", "resync-shorter", "resync-longer", "resync-longer-then-cancel"];
  const never = ["resync-negative", "resync-null"];
  const failing = ["h429-2", "h503-2", "long", "slow"];

  it.each([...same, ...never, ...failing])("%s", (name) => {
    expectCalls(name, exchanges.get(name)?.hookCallOffsetsMs ?? []);
  });

  it("h429-date: at the date", () => {
    const [again = 0] = offsets("h429-date");
    expect(again).toBeGreaterThan(1_000 - earlyMs);
    expect(again).toBeLessThan(2_000 + lateMs);
  });

  it("p1: every 2 s since its controller started", () => {
    const [first = 0, ...others] = offsets("p1");
    expect(first).toBeLessThan(2_000 + lateMs);
    expect(others.length).toBeLessThanOrEqual(1);
  });

  it("fail5: a success starts the back-off from the beginning", async () => {
    const before = calls.get("fail5")?.length ?? 0;
    world.answer = ({ at }) => {
      calls.set("fail5", [...(calls.get("fail5") ?? []), at]);
      return { status: 500, body: "again" };
    };
    await world.client.mergePatch(Thing, { namespace: "demo", name: "fail5" }, { metadata: { labels: { again: "1" } } });
    await expect.poll(() => (calls.get("fail5")?.length ?? 0) - before, { interval: 2 }).toBeGreaterThan(2);
    const [first = 0, second = 0, third = 0] = calls.get("fail5")?.slice(before) ?? [];
    expect(third - first).toBeLessThan(150);
    expect(second - first).toBeGreaterThan(4);
  });
});

describe("429 without a usable Retry-After waits a second where Metacontroller spins", () => {
  it.each(["h429-0", "h429-none", "h429-frac"])("%s", (name) => {
    expectCalls(name, [1_000, 2_000]);
    const warnings = world.events.list().filter(({ reason }) => reason === "RetryAfterUnusable");
    expect(warnings.map(({ involvedObject }) => involvedObject.name)).toContain(name);
  });
});
