import { expect, test } from "vitest";
import { blobKey, isAccountKey } from "./location.ts";

test.each([
  ["a key", "s3://code/prefix", "accounts/acme/a.js"],
  ["a URL in the store", "s3://code/prefix", "s3://code/prefix/accounts/acme/a.js"],
  ["a URL in a store with a slash", "s3://code/prefix/", "s3://code/prefix/accounts/acme/a.js"],
  ["a URL in a store with options", "s3://code/prefix?region=eu&pathStyle=true", "s3://code/prefix/accounts/acme/a.js"],
])("%s means its key", (_what, store, location) => {
  expect(blobKey(store, location)).toBe("accounts/acme/a.js");
});

test.each([
  ["its own", "accounts/acme/a/b.js", true],
  ["another account's", "accounts/other/a.js", false],
  ["one that begins alike", "accounts/acme-2/a.js", false],
  ["a way out", "accounts/acme/../other/a.js", false],
  ["an empty part", "accounts/acme//a.js", false],
  ["a URL of another store", "s3://other/accounts/acme/a.js", false],
])("an account's key: %s", (_what, key, isOwn) => {
  expect(isAccountKey("acme", key)).toBe(isOwn);
});
