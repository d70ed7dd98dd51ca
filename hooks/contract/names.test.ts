import { expect, test } from "vitest";
import { canonicalJson, childName, contentHash, contentUuid } from "./names.ts";

test("equal content has equal text, whatever the order of its keys", () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: "x" })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
});

test("a hash depends on the content only, and is as long as asked for", () => {
  expect(contentHash({ a: 1, b: 2 })).toBe(contentHash({ b: 2, a: 1 }));
  expect(contentHash({ a: 1 })).not.toBe(contentHash({ a: 2 }));
  expect(contentHash({ a: 1 }, 24)).toMatch(/^[0-9a-f]{24}$/);
});

test("a UUID of content is a valid one of version 8 and always the same", () => {
  expect(contentUuid({ a: 1 })).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(contentUuid({ a: 1 })).toBe(contentUuid({ a: 1 }));
});

test("a name that fits is left as it is", () => {
  expect(childName(["acme", "r1"])).toBe("acme-r1");
  expect(childName(["a".repeat(60), "12"])).toBe(`${"a".repeat(60)}-12`);
});

test("a name that does not fit is cut, and two of them stay two", () => {
  const long = childName(["a".repeat(70), "1"]);
  expect(long).toMatch(/^a{52}-[0-9a-f]{10}$/);
  expect(childName(["a".repeat(70), "2"])).not.toBe(long);
});

test("a cut never leaves a separator before the hash", () => {
  expect(childName([`${"a".repeat(20)}---${"b".repeat(20)}`], 33)).toMatch(/^a{20}-[0-9a-f]{10}$/);
});
