import { expect, test } from "vitest";
import { composites, records } from "./composites.ts";
import { compositeName } from "./contract/composite.ts";

const names = composites.map(compositeName);

test("every composite has a name of its own, short enough for Metacontroller's finalizer", () => {
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]{1,43}$/);
});

test("every custom kind that is a child is driven by a hook or is a record", () => {
  const known = new Set<string>([...composites.map(({ parent }) => parent.kind), ...records.map(({ kind }) => kind)]);
  const custom = composites
    .flatMap(({ children }) => children.map(({ kind }) => kind))
    .filter((kind) => "columns" in kind);
  expect(custom.filter(({ kind }) => !known.has(kind))).toEqual([]);
});

test("no custom kind is owned by two kinds of parents", () => {
  const children = composites.flatMap(({ children }) => children.map(({ kind }) => kind));
  const owned = children.filter((kind) => "columns" in kind).map(({ group, kind }) => `${group}/${kind}`);
  expect(new Set(owned).size).toBe(owned.length);
});
