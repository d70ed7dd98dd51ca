/**
 * When hooks are called again (scenario S8), for all parents of the recording at once. A call may come late on a busy
 * machine, never early, and never more often.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Thing } from "./kinds.ts";
import { type Exchange, type HookResponse, readRecording } from "./recording.ts";
import { createController } from "./replay.ts";
import { createRecorded } from "./tester.ts";
import { startWorld, type World } from "./world.ts";

/** Later calls are not waited for. */
const observedMs = 3_100;
/** Earlier calls are caused by events, and how many they are is a matter of timing. */
const settledMs = 200;
const earlyMs = 40;
const waitMs = 15_000;

const recording = readRecording("s8-dyn");
/** The first one of every parent. */
const exchanges = new Map(
  recording.events.map(({ exchanges: [first] }) => first as Exchange).map((each) => [nameOf(each), each]),
);
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
  const chosen =
    later < 0 ? response : (laterResponses.at(repeated[name] === undefined ? later : -1) ?? laterResponses.at(-1));
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
});
afterAll(() => world.close());

/** Milliseconds since the first call. */
function offsets(name: string): number[] {
  const [first = 0, ...others] = calls.get(name) ?? [];
  return others.map((at) => at - first);
}

/** `due`: when calls must come that no event causes, as milliseconds since the first call. */
async function expectCalls(name: string, due: number[], causedByEvents: number): Promise<void> {
  const [firstDue = Number.POSITIVE_INFINITY] = due;
  const timed = () => offsets(name).filter((offset) => offset >= firstDue - earlyMs);
  await expect.poll(() => timed().length, { timeout: waitMs }).toBeGreaterThanOrEqual(due.length);
  for (const [index, offset] of due.entries()) {
    expect(timed()[index], `call at ${offset}`).toBeGreaterThan(offset - earlyMs);
  }
  const others = offsets(name).length - timed().length;
  expect(others, `${name} has calls at ${offsets(name).map(Math.round)}`).toBeLessThanOrEqual(causedByEvents);
}

/** 5 ms, doubled each time. */
const backoff = [5, 15, 35, 75, 155, 315, 635, 1275, 2555];

describe("calls come as recorded", { timeout: 2 * waitMs, concurrent: true }, () => {
  it.each([
    "resync-half",
    "resync-once",
    "resync-shorter",
    "resync-longer",
    "resync-longer-then-cancel",
    "h429-2",
    "slow",
  ])("%s", (name) => {
    const recorded = exchanges.get(name)?.hookCallOffsetsMs ?? [];
    return expectCalls(
      name,
      recorded.filter((offset) => offset > settledMs && offset < observedMs),
      2,
    );
  });

  it.each(["h503-2", "long"])("%s", async (name) => {
    await expect.poll(() => offsets(name).length, { timeout: waitMs }).toBeGreaterThanOrEqual(backoff.length);
    for (const [index, offset] of backoff.entries()) expect(offsets(name)[index]).toBeGreaterThan(offset - 1);
  });

  it.each(["resync-negative", "resync-null"])("%s: never", async (name) => {
    await expect.poll(() => offsets("resync-longer-then-cancel").length, { timeout: waitMs }).toBeGreaterThanOrEqual(2);
    expect(offsets(name).length).toBeLessThanOrEqual(2);
  });

  it("h429-date: at the date", () => expectCalls("h429-date", [1_000], 0));

  it("p1: every resyncPeriodSeconds", async () => {
    await expect.poll(() => offsets("p1").some((offset) => offset > 1_000), { timeout: waitMs }).toBe(true);
    expect(offsets("p1").length).toBeLessThanOrEqual(5);
  });

  it.each(["h429-0", "h429-none", "h429-frac"])("%s: after a second, where Metacontroller spins", async (name) => {
    await expectCalls(name, [1_000, 2_000], 0);
    const warnings = world.events.list().filter(({ reason }) => reason === "RetryAfterUnusable");
    expect(warnings.map(({ involvedObject }) => involvedObject.name)).toContain(name);
  });
});

it("a success starts the back-off from the beginning", async () => {
  await expect.poll(() => offsets("fail5").length, { timeout: waitMs }).toBeGreaterThanOrEqual(5);
  const again: number[] = [];
  world.answer = ({ request, at }) => {
    if (request.parent.metadata.name === "fail5") again.push(at);
    return { status: 500, body: "again" };
  };
  await world.client.mergePatch(Thing, { namespace: "demo", name: "fail5" }, { metadata: { labels: { again: "1" } } });
  await expect.poll(() => again.length, { interval: 2, timeout: waitMs }).toBeGreaterThanOrEqual(6);
  // Without a fresh start every call would come at least 160 ms after the one before.
  const gaps = again.slice(1).map((at, index) => at - (again[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(4);
  expect(Math.min(...gaps)).toBeLessThan(150);
});
