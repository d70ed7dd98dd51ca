import { describe, expect, test } from "vitest";
import { isScriptName } from "./fields.ts";
import { envPrefix, healthSocket, hostLabel, socketName } from "./names.ts";

const scripts = [
  "api",
  "API",
  "a-b",
  "a_b",
  "_",
  "__",
  "A",
  "a".repeat(63),
  "A".repeat(63),
  `a${"-".repeat(61)}b`,
  "9",
];

describe.each(scripts)("script %s", (script) => {
  test("is a name", () => {
    expect(isScriptName(script)).toBe(true);
  });

  test("has a socket that may be the name of a port", () => {
    expect(socketName(script)).toMatch(/^(?=.{1,15}$)(?!.*--)[a-z]([a-z0-9-]*[a-z0-9])?$/);
    expect(socketName(script)).not.toBe(healthSocket);
  });

  test("has a host that is a DNS label", () => {
    expect(hostLabel(script)).toMatch(/^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
  });

  test("has variables that a shell could name", () => {
    expect(envPrefix(script)).toMatch(/^[A-Z_][A-Z0-9a-z_]*_$/);
  });
});

test.each([socketName, envPrefix, hostLabel])("no two scripts share what %o makes of them", (made) => {
  expect(new Set(scripts.map(made)).size).toBe(scripts.length);
});

test("a host is readable, as far as that goes", () => {
  expect(hostLabel("api")).toBe("api");
  expect(hostLabel("My_Api")).toMatch(/^my-api-[0-9a-f]{10}$/);
  expect(hostLabel("_")).toMatch(/^w-[0-9a-f]{10}$/);
});

test.each(["", "-a", "a-", "a b", "a.b", "ä", "a".repeat(64), "a\n"])("%j is no name of a script", (name) => {
  expect(isScriptName(name)).toBe(false);
});
