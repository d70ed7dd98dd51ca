import { expect, test } from "vitest";
import { expireEvents } from "./event-expiry.ts";
import { openStore, type Store } from "./store.ts";

const hour = 60 * 60 * 1000;

function addEvent(store: Store, name: string, lastTimestamp: number): void {
  const metadata = { name, namespace: "default", uid: name };
  const event = { apiVersion: "v1", kind: "Event", metadata, lastTimestamp: new Date(lastTimestamp).toISOString() };
  store.put({ resource: "events", namespace: "default", name }, event);
}

test("an Event goes when it was last seen more than an hour ago and another one comes", () => {
  const store = openStore(":memory:");
  let now = 10 * hour;
  expireEvents(store, () => now);
  addEvent(store, "old", now);
  now += hour / 2;
  addEvent(store, "recent", now);
  expect(store.list("events")).toHaveLength(2);
  now += hour / 2 + 1;
  addEvent(store, "new", now);
  expect(store.list("events").map(({ metadata }) => metadata.name)).toEqual(["new", "recent"]);
});
