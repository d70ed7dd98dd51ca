import { expect, test } from "vitest";
import { deploymentName, labelFor, versionSecretName } from "./object-names.ts";
import { hashToken, newToken } from "./token.ts";

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

test("scripts of different accounts never share a name", () => {
  const pairs = [
    ["a", "b-c"],
    ["a-b", "c"],
    ["a", "B-C"],
    ["a", "b_c"],
    ["a", "_"],
    ["a", "__"],
    ["a", "b-c-52f4c6e9d8"],
  ] as const;
  const names = pairs.map(([account, script]) => deploymentName(account, script));
  expect(new Set(names).size).toBe(pairs.length);
  for (const name of names) expect(name).toMatch(subdomain);
  expect(names.slice(0, 2)).toEqual(["a.b-c", "a-b.c"]);
});

test("only what is a label value becomes one", () => {
  expect(labelFor("scripts", "My_script")).toEqual({ scripts: "My_script" });
  expect(labelFor("scripts", "_x")).toEqual({});
  expect(versionSecretName("0f")).toBe("worker-0f");
});

test("tokens are random and stored as hashes only", () => {
  const token = newToken();
  expect(token).toMatch(/^octo_[A-Za-z0-9_-]{43}$/);
  expect(newToken()).not.toBe(token);
  expect(hashToken("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
