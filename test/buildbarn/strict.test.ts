import { expect, test } from "vitest";
import { evaluated, fileProblems } from "./strict.ts";

const runner = { buildDirectoryPath: "/x", grpcServers: [{ authenticationPolicy: { allow: {} } }] };

test.each<[string, unknown, string | undefined]>([
  ["what Buildbarn takes", runner, undefined],
  ["an unknown field", { ...runner, buildDirectory: "/x" }, "$.buildDirectory: unknown field"],
  ["a missing field", { grpcServers: [] }, "$.buildDirectoryPath: is missing"],
  ["a missing policy", { ...runner, grpcServers: [{}] }, "$.grpcServers.0.authenticationPolicy: is missing"],
  [
    "a missing duration",
    { ...runner, grpcServers: [{ authenticationPolicy: { allow: {} }, keepaliveParameters: { time: "1s" } }] },
    "$.grpcServers.0.keepaliveParameters.maxConnectionIdle: is missing",
  ],
  ["a value of another type", { ...runner, cleanProcessTable: "yes" }, '$.cleanProcessTable: "yes" is no bool'],
  ["no list", { ...runner, grpcServers: {} }, "$.grpcServers: is no list"],
  ["no object", [], "$: is no buildbarn"],
  [
    "two of a choice",
    { ...runner, grpcServers: [{ authenticationPolicy: { allow: {}, deny: "no" } }] },
    "allow and deny exclude each other",
  ],
])("%s", (_, value, problem) => {
  const found = fileProblems("runner-x.jsonnet", value);
  if (problem === undefined) expect(found).toEqual([]);
  else expect(found.join()).toContain(problem);
});

test("a version has its own fields", () => {
  const server = { authenticationPolicy: { allow: {} }, relays: [] };
  const value = { ...runner, grpcServers: [server] };
  expect(fileProblems("runner-x.jsonnet", value, "2026-06")).toEqual([]);
  expect(fileProblems("runner-x.jsonnet", value, "2025-08").join()).toContain("$.grpcServers.0.relays: unknown field");
});

test("variables of the environment have values", () => {
  expect(evaluated('{"a": std.extVar("POD_NAME")}')).toEqual({ a: "POD_NAME" });
});
