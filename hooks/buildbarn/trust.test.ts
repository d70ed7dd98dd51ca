import { describe, expect, test } from "vitest";
import type { Authorizer, Tls } from "../../api/buildbarn/trust.ts";
import { storage } from "../../test/objects/buildbarn.ts";
import { environmentVariable } from "./jsonnet.ts";
import {
  authenticationPolicy,
  authorizerOf,
  certificateMissing,
  grpcClient,
  podPartsOf,
  secretsOf,
  serverTls,
} from "./trust.ts";

const plain: Tls = { secretName: "storage-tls", clientCertificates: false };
const mutual: Tls = { secretName: "scheduler-tls", clientCertificates: true };
const client = { secretName: "client-tls" };
const files = (folder: string) => ({
  files: {
    certificatePath: `/tls/${folder}/tls.crt`,
    privateKeyPath: `/tls/${folder}/tls.key`,
    refreshInterval: "60s",
  },
});

describe("Secrets of a pod", () => {
  test.each<[string, Parameters<typeof secretsOf>[0], unknown]>([
    ["nobody uses TLS", {}, undefined],
    ["a server shows a certificate", { own: plain }, { server: "storage-tls" }],
    ["and asks for one", { own: mutual }, { server: "scheduler-tls", authorities: { own: "scheduler-tls" } }],
    [
      "a client trusts servers, and shows a certificate",
      { client, storage: plain, scheduler: mutual },
      { client: "client-tls", authorities: { storage: "storage-tls", scheduler: "scheduler-tls" } },
    ],
  ])("%s", (_, partners, secrets) => {
    expect(secretsOf(partners)).toEqual(secrets);
  });

  test("keys are files, authorities are variables", () => {
    const parts = podPartsOf({ server: "s", client: "c", authorities: { storage: "t" } });
    expect(parts.volumes.map(({ name, secret }) => `${name} ${secret?.secretName}`)).toEqual([
      "server-tls s",
      "client-tls c",
    ]);
    expect(parts.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(["/tls/server", "/tls/client"]);
    expect(parts.env).toEqual([
      { name: "STORAGE_AUTHORITIES", valueFrom: { secretKeyRef: { name: "t", key: "ca.crt" } } },
    ]);
    expect(podPartsOf()).toEqual({ env: [], volumes: [], volumeMounts: [] });
    expect(podPartsOf(undefined)).toEqual(podPartsOf({}));
  });
});

test("a server shows its certificate, and lets in whom it knows", () => {
  expect(serverTls(undefined)).toEqual({});
  expect(serverTls(plain)).toEqual({ tls: { serverKeyPair: files("server") } });
  expect(authenticationPolicy(undefined)).toEqual({ allow: {} });
  expect(authenticationPolicy(plain)).toEqual({ allow: {} });
  expect(authenticationPolicy(mutual)).toMatchObject({
    tlsClientCertificate: { clientCertificateAuthorities: environmentVariable("CLIENT_AUTHORITIES") },
  });
});

test("a client trusts the server's authority, and shows its certificate where it has one", () => {
  const serverCertificateAuthorities = environmentVariable("STORAGE_AUTHORITIES");
  expect(grpcClient("a:1", "storage", undefined, client)).toEqual({ address: "a:1" });
  expect(grpcClient("a:1", "storage", plain, undefined)).toEqual({
    address: "a:1",
    tls: { serverCertificateAuthorities },
  });
  expect(grpcClient("a:1", "storage", plain, client)).toEqual({
    address: "a:1",
    tls: { serverCertificateAuthorities, clientKeyPair: files("client") },
  });
});

test("a server that asks for certificates needs clients that have one", () => {
  const missing = (tls: Tls | undefined, own?: typeof client) => certificateMissing(storage(), tls)(own);
  expect(missing(undefined)).toBeUndefined();
  expect(missing(plain)).toBeUndefined();
  expect(missing(mutual, client)).toBeUndefined();
  expect(missing(mutual)).toMatchObject({
    reason: "ClientCertificateMissing",
    message: "spec.clientTls must name a Secret: BuildbarnStorage storage asks for client certificates",
  });
});

test.each<[Authorizer | undefined, unknown]>([
  [undefined, { allow: {} }],
  [{ policy: "Allow" }, { allow: {} }],
  [{ policy: "Deny" }, { deny: {} }],
  [
    { policy: "InstanceNamePrefixes", instanceNamePrefixes: ["a"] },
    { instanceNamePrefix: { allowedInstanceNamePrefixes: ["a"] } },
  ],
  [{ policy: "Expression", expression: "`true`" }, { jmespathExpression: { expression: "`true`" } }],
])("authorizer %#", (authorizer, config) => {
  expect(authorizerOf(authorizer)).toEqual(config);
});
