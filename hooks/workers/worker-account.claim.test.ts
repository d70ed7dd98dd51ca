import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../../api/resource.ts";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import type { WorkerSubdomain } from "../../api/workers/worker-subdomain.ts";
import { syncRequest } from "../../test/objects/request.ts";
import { account, at, namespaceObject, now, workerSubdomain } from "../../test/objects/workers.ts";
import { type Observed, observe } from "../contract/observed.ts";
import { claimOf, conflict, notEnabled, ownClaim } from "./worker-account.claim.ts";

interface World {
  parent?: WorkerAccount;
  children?: readonly KubernetesObject[];
  related?: readonly KubernetesObject[];
}

function observed({ parent = account(), ...rest }: World = {}): Observed<WorkerAccount> {
  return observe(syncRequest({ parent, ...rest }), now);
}

const notObserved = expect.objectContaining({ code: "NotObserved", status: 503 });
const shop = account({ subdomain: "shop" });

describe("the namespace", () => {
  test("of an account must be enabled", () => {
    expect(notEnabled(observed({ related: [namespaceObject()] }))).toBeUndefined();
  });

  test.each([{}, { "octoplane.io/workers": "no" }])("with the labels %j is not enabled", (labels) => {
    expect(notEnabled(observed({ related: [namespaceObject("team", labels)] }))).toMatchObject({
      status: "False",
      reason: "NamespaceNotEnabled",
      message: expect.stringContaining("kubectl label namespace team octoplane.io/workers=enabled"),
    });
  });

  test("exists, always: if it is not to be seen, nothing is to be believed", () => {
    expect(() => notEnabled(observed({ related: [namespaceObject("other")] }))).toThrow(notObserved);
    const { namespace: _, ...metadata } = account().metadata;
    expect(() => notEnabled(observed({ parent: { ...account(), metadata } }))).toThrow(notObserved);
  });
});

describe("the claim", () => {
  test("is found by account and by subdomain, and begins now", () => {
    expect(claimOf(observed({ parent: shop }))).toEqual({
      apiVersion: "api.cf-worker/v1",
      kind: "WorkerSubdomain",
      metadata: { name: "acme", namespace: "team", labels: { accounts: "acme", "octoplane.io/subdomain": "shop" } },
      spec: { account: "acme", subdomain: "shop", since: now },
    });
  });

  test("stays as old as it is", () => {
    const children = [workerSubdomain(shop, { since: at(-99) })];
    expect(claimOf(observed({ parent: shop, children })).spec.since).toBe(at(-99));
  });

  test("to another subdomain is as new as any", () => {
    const children = [workerSubdomain(account(), { since: at(-99) })];
    expect(claimOf(observed({ parent: shop, children })).spec.since).toBe(now);
  });

  test("counts when it is stored with the wanted subdomain", () => {
    const own = (...children: WorkerSubdomain[]) =>
      ownClaim(observed({ parent: shop, children }), claimOf(observed({ parent: shop })));
    expect(own()).toBeUndefined();
    expect(own(workerSubdomain())).toBeUndefined();
    expect(own(workerSubdomain(shop))).toEqual(workerSubdomain(shop));
  });
});

describe("a conflict", () => {
  const before = { creationTimestamp: at(-9000), since: at(-9000) };
  const elsewhere = account({ subdomain: "else" }, { namespace: "other" });
  const zzz = account({ subdomain: "acme" }, { name: "zzz" });
  const own = workerSubdomain();
  const against = (...rivals: WorkerSubdomain[]) => conflict(observed({ related: [own, ...rivals] }), own);

  test.each<[string, WorkerSubdomain, string]>([
    [
      "the id",
      workerSubdomain(elsewhere, before),
      "id acme belongs to WorkerAccount other/acme, which claimed it first",
    ],
    [
      "the subdomain",
      workerSubdomain(zzz, before),
      "subdomain acme belongs to WorkerAccount team/zzz, which claimed it first",
    ],
  ])("is lost to an older claim to %s", (_, rival, message) => {
    expect(against(rival)).toEqual({ status: "False", reason: "Conflict", message });
  });

  test("about an id is decided by the age of the objects, about a subdomain by the age of the claim to that", () => {
    expect(against(workerSubdomain(elsewhere, { since: at(-9000) }))).toBeDefined();
    expect(against(workerSubdomain(elsewhere, { creationTimestamp: at(-9), since: at(-9000) }))).toBeUndefined();
    expect(against(workerSubdomain(zzz, { creationTimestamp: at(-9000), since: at(-9) }))).toBeUndefined();
  });

  test("is decided by name between claims of one second", () => {
    expect(against(workerSubdomain(elsewhere))?.reason).toBe("Conflict");
    expect(against(workerSubdomain(zzz))).toBeUndefined();
  });

  test.each<[string, WorkerSubdomain]>([
    ["is younger", workerSubdomain(zzz, { creationTimestamp: at(-9), since: at(-9) })],
    ["is ending", workerSubdomain(zzz, { ...before, deletionTimestamp: now })],
    ["has lost its account", workerSubdomain(zzz, { ...before, ownerReferences: [] })],
    ["never had an account", withoutOwner(workerSubdomain(zzz, before))],
    ["is of something else", workerSubdomain(zzz, { ...before, ownerReferences: [{ ...ownerOf(zzz), kind: "Pod" }] })],
    [
      "claims something else, whatever its labels say",
      { ...workerSubdomain(zzz, before), spec: { account: "zzz", subdomain: "zzz", since: at(-9000) } },
    ],
  ])("is not one with a claim that %s", (_, rival) => {
    expect(against(rival)).toBeUndefined();
  });

  test.each<[string, WorkerSubdomain[]]>([
    ["not among the related ones", [workerSubdomain(elsewhere)]],
    ["ending", [workerSubdomain(account(), { deletionTimestamp: now })]],
  ])("cannot be excluded while the own claim is %s", (_, related) => {
    expect(() => conflict(observed({ related }), own)).toThrow(notObserved);
  });

  function withoutOwner(claim: WorkerSubdomain): WorkerSubdomain {
    const { ownerReferences: _, ...metadata } = claim.metadata;
    return { ...claim, metadata };
  }

  function ownerOf({ apiVersion, metadata: { name, uid = "" } }: WorkerAccount) {
    return { apiVersion, kind: "WorkerAccount", name, uid };
  }
});
