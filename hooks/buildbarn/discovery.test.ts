import { describe, expect, test } from "vitest";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { browser, frontend, plainStorage, scheduler, storage, worker } from "../../test/objects/buildbarn.ts";
import { syncRequest } from "../../test/objects/request.ts";
import { at, now } from "../../test/objects/workers.ts";
import { observe } from "../contract/observed.ts";
import { farmOf, find, nameRefusal } from "./discovery.ts";
import type { Component } from "./kinds.ts";
import { browserUrl } from "./siblings.ts";

function observed(parent: Component, ...related: KubernetesObject[]) {
  return observe<Component>(syncRequest({ parent, related }), now).related;
}

describe("a sibling", () => {
  const a = plainStorage({}, { name: "a" });
  const b = plainStorage({}, { name: "b" });

  test.each<[string, KubernetesObject[], string | undefined, boolean, object]>([
    ["is the one that a reference names", [a, b], "b", false, { object: b }],
    ["is the only one", [a], undefined, false, { object: a }],
    [
      "is missing",
      [],
      undefined,
      false,
      { problem: { reason: "StorageMissing", message: "there is no BuildbarnStorage in the namespace" } },
    ],
    [
      "that is referred to is missing",
      [a],
      "c",
      true,
      { problem: { reason: "StorageMissing", message: "spec.storageRef.name: there is no BuildbarnStorage c" } },
    ],
    ["may be missing", [], undefined, true, {}],
    [
      "is never guessed",
      [a, b],
      undefined,
      true,
      {
        problem: {
          reason: "StorageAmbiguous",
          message: "spec.storageRef must name one of a, b: there is more than one",
        },
      },
    ],
  ])("%s", (_, related, name, isOptional, expected) => {
    const reference = name === undefined ? undefined : { name };
    const found = find(observed(frontend(), ...related), {
      kind: BuildbarnStorage,
      field: "storageRef",
      reference,
      isOptional,
    });
    expect(found).toMatchObject(expected);
    expect(Object.keys(found)).toEqual(Object.keys(expected));
  });
});

describe("a name", () => {
  test.each<[string, Component, boolean]>([
    ["of an older resource is taken", scheduler({}, { name: "frontend", creationTimestamp: at(-7200) }), true],
    ["of a younger resource is free", scheduler({}, { name: "frontend", creationTimestamp: at(0) }), false],
    ["of one of the same age is taken by the first kind", browser({}, { name: "frontend" }), true],
    ["of one of the same age is free of later kinds", worker({}, { name: "frontend" }), false],
    ["of another name is free", scheduler({}, { creationTimestamp: at(-7200) }), false],
  ])("%s", (_, other, isTaken) => {
    const verdict = nameRefusal(frontend(), observed(frontend(), other));
    expect(verdict?.reason).toBe(isTaken ? "NameConflict" : undefined);
    if (isTaken) expect(verdict?.message).toContain(`${other.kind} frontend has this name already`);
  });

  test("of a resource of the same kind is its own", () => {
    expect(nameRefusal(storage(), observed(storage(), storage()))).toBeUndefined();
  });
});

test("a hook looks at its namespace only, and at its ConfigMap", () => {
  expect(farmOf(frontend({ configMapName: "" }))).toHaveLength(5);
  expect(farmOf(frontend()).every(({ namespace }) => namespace === "team")).toBe(true);
  expect(farmOf(frontend({ configMapName: "by-hand" }))[5]).toMatchObject({
    resource: "configmaps",
    names: ["by-hand"],
  });
  const homeless = frontend();
  delete homeless.metadata.namespace;
  expect(farmOf(homeless)[0]).toMatchObject({ namespace: "" });
});

describe("the browser's address", () => {
  const host = "browser.test";
  test.each<[string, Record<string, unknown>, string]>([
    ["is what it says", { externalUrl: "https://else.test/x", ingressHost: host }, "https://else.test/x"],
    ["is that of the Ingress", { ingress: { host } }, `http://${host}`],
    ["is encrypted with a certificate", { ingress: { host, tlsSecretName: "tls" } }, `https://${host}`],
    ["is not with an empty one", { ingress: { host, tlsSecretName: "" } }, `http://${host}`],
    ["is the original's host", { ingressHost: host }, `http://${host}`],
    ["is the Service without a host", { ingressHost: "" }, "http://browser.team:7984"],
  ])("%s", (_, spec, url) => {
    expect(browserUrl(browser(spec), {})).toBe(url);
  });

  test("is written in full where the cluster's domain is known", () => {
    const settings = { buildbarn: { clusterDomain: "cluster.local" } };
    expect(browserUrl(browser(), settings)).toBe("http://browser.team.svc.cluster.local:7984");
    const homeless = browser();
    delete homeless.metadata.namespace;
    expect(browserUrl(homeless, {})).toBe("http://browser.:7984");
  });
});
