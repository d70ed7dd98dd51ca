import { expect, test, vi } from "vitest";
import { type Change, createFeed } from "./feed.ts";

function change(revision: number): Change {
  const metadata = { name: "a", resourceVersion: String(revision) };
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata };
  return { type: "MODIFIED", key: { resource: "configmaps", namespace: "default", name: "a" }, object };
}

test("knows what happened since a revision", () => {
  const feed = createFeed(10);
  for (const revision of [11, 12]) feed.publish(change(revision));
  expect(feed.since(10)).toEqual([change(11), change(12)]);
  expect(feed.since(12)).toEqual([]);
});

test("does not know what was before its start, nor what is yet to come", () => {
  const feed = createFeed(10);
  expect(feed.since(9)).toBeUndefined();
  expect(feed.since(11)).toBeUndefined();
});

test("forgets all but the newest changes", () => {
  const feed = createFeed(0, 3);
  for (let revision = 1; revision <= 100; revision++) feed.publish(change(revision));
  const kept = feed.since(feed.oldest())?.length ?? 0;
  expect(kept).toBeGreaterThanOrEqual(3);
  expect(kept).toBeLessThan(6);
  expect(feed.since(feed.oldest() - 1)).toBeUndefined();
});

test("tells listeners until they leave", () => {
  const feed = createFeed(0);
  const listener = vi.fn();
  const leave = feed.subscribe(listener);
  feed.publish(change(1));
  leave();
  feed.publish(change(2));
  expect(listener.mock.calls).toEqual([[change(1)]]);
});
