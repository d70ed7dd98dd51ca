import fc from "fast-check";
import { expect, test } from "vitest";
import { condemned, type Marks, marked } from "./decide.ts";
import { type Item, nameOf } from "./item.ts";
import { referencesOf } from "./references.ts";
import { account, codeFolder, digest, namespace, nothing, release, version } from "./test-resources.ts";

const graceSeconds = 3600;
const now = new Date("2026-06-01T12:00:00Z");
const secondsAgo = (age: number) => new Date(now.getTime() - age * 1000);

/** One world of code, layers, Secrets and images with few names, so that needs meet what is there. */
const number = fc.integer({ min: 0, max: 5 });
const age = fc.integer({ min: 0, max: 2 * graceSeconds });
const item = fc.tuple(fc.constantFrom("code", "layer", "secret", "image"), number, age).map(([what, n, seconds]) => {
  return { what, n, seconds, item: itemOf(what, n, secondsAgo(seconds)) };
});

function itemOf(what: string, n: number, since: Date): Item {
  if (what === "code") return { kind: "blob", key: `${codeFolder(n)}/m0`, since };
  if (what === "layer") return { kind: "blob", key: `layers/${account}/${digest(n)}-1.0.json`, since };
  if (what === "secret") return { kind: "secret", namespace, name: `s${n}`, uid: "1", since };
  return { kind: "image", account, tag: `t${n}`, since };
}

/** What is needed at one moment, and the resources that say so. */
const need = fc.record({ codes: fc.array(number), secrets: fc.array(number), images: fc.array(number) });
type Need = typeof need extends fc.Arbitrary<infer T> ? T : never;

function referencesIn({ codes, secrets, images }: Need) {
  const versions = [
    ...codes.map((n) => version(`c${n}`, { url: codeFolder(n), digest: digest(n) })),
    ...secrets.map((n) => version(`s${n}`, { url: codeFolder(9), digest: digest(9), secretRef: `s${n}` })),
  ];
  const releases = images.map((n) => release(`r${n}`, { image: `host/${account}:t${n}` }));
  return referencesOf({ ...nothing, versions, releases }, "file:///blobs");
}

function isNeeded(what: string, n: number, { codes, secrets, images }: Need): boolean {
  return { code: codes, layer: codes, secret: secrets, image: images }[what]?.includes(n) ?? false;
}

test("nothing that is needed at any of the looks goes, and all else that is old enough does", () => {
  fc.assert(
    fc.property(fc.array(item), need, need, (things, first, second) => {
      const items = things.map((thing) => thing.item);
      const chosen = condemned(items, referencesIn(first), now, graceSeconds);
      const gone = new Set(condemned(chosen, referencesIn(second), now, graceSeconds));

      for (const { what, n, seconds, item } of things) {
        const mayGo = seconds >= graceSeconds && !isNeeded(what, n, first) && !isNeeded(what, n, second);
        expect(gone.has(item)).toBe(mayGo);
      }
    }),
  );
});

test("an image goes when no sweep of a whole grace period saw a need for it", () => {
  const step = fc.record({ minutes: fc.integer({ min: 1, max: 40 }), isNeeded: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      let marks: Marks = {};
      let time = now.getTime();
      let freeSince: number | undefined;
      for (const { minutes, isNeeded } of steps) {
        time += minutes * 60_000;
        freeSince = isNeeded ? undefined : (freeSince ?? time);
        const references = referencesIn({ codes: [], secrets: [], images: isNeeded ? [1] : [] });

        marks = marked([{ account, tag: "t1" }], references, marks, new Date(time));
        const since = new Date(marks[`${account}:t1`] ?? time);
        const gone = condemned(
          [{ kind: "image", account, tag: "t1", since }],
          references,
          new Date(time),
          graceSeconds,
        );

        const mayGo = freeSince !== undefined && time - freeSince >= graceSeconds * 1000;
        expect(gone.length === 1).toBe(mayGo);
      }
    }),
  );
});

test("marks forget images that are gone and images that are needed again", () => {
  const before = { [`${account}:t1`]: "2026-01-01T00:00:00.000Z", [`${account}:gone`]: "2026-01-01T00:00:00.000Z" };
  const images = [
    { account, tag: "t1" },
    { account, tag: "t2" },
  ];
  const none = referencesIn({ codes: [], secrets: [], images: [] });
  expect(marked(images, none, before, now)).toEqual({
    [`${account}:t1`]: "2026-01-01T00:00:00.000Z",
    [`${account}:t2`]: now.toISOString(),
  });
  expect(marked(images, referencesIn({ codes: [], secrets: [], images: [1] }), before, now)).toEqual({
    [`${account}:t2`]: now.toISOString(),
  });
});

test("what has no readable time stays", () => {
  const item: Item = { kind: "secret", namespace, name: "odd", uid: "1", since: new Date("") };
  expect(condemned([item], new Set(), now, 0).map(nameOf)).toEqual([]);
});
