import { describe, expect, it, onTestFinished } from "vitest";
import { ConfigMap, Namespace, Secret } from "../../api/builtin.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startApiServer } from "../apiserver/start.ts";
import type { ConnectionSettings } from "./composite-controller.ts";
import { openConnection, settingsFor } from "./connection.ts";

const secretRef = { namespace: "platform", name: "hooks" };
const token = { authorization: { secretRef: { ...secretRef, key: "token" } } };

describe("the settings of a webhook", () => {
  const of = (url: string, host: string) => settingsFor(url, {}, [{ host: "else.where" }, { host, ...token }]);

  it.each([
    ["https://hooks.platform:443/sync", "hooks.platform"],
    ["https://hooks.platform/sync", "hooks.platform:443"],
    ["https://Hooks.Platform:8443/sync", "HOOKS.platform:8443"],
    ["http://hooks.platform:80/sync", "hooks.platform"],
  ])("for %s are those of %s", (url, host) => expect(of(url, host)).toMatchObject(token));

  it.each([
    ["https://hooks.platform:8443/sync", "hooks.platform"],
    ["https://hooks.platform/sync", "hooks.platform:80"],
    ["https://hooks.platform/sync", "hooks.platform.svc"],
    ["hooks", "hooks"],
  ])("for %s are not those of %s", (url, host) => expect(of(url, host)).toEqual({}));

  it("are its own as a whole when it has any", () => {
    const own = { caBundle: { inline: "PEM" } };
    expect(settingsFor("https://hooks.platform/", own, [{ host: "hooks.platform", ...token }])).toBe(own);
  });

  it("are those of the first entry that fits", () => {
    const entries = [{ host: "a" }, { host: "a", ...token }];
    expect(settingsFor("https://a/", {}, entries)).toBe(entries[0]);
  });
});

describe("a connection", () => {
  const pem = "-----BEGIN CERTIFICATE-----\n";

  async function clientWithObjects(): Promise<KubernetesClient> {
    const server = await startApiServer({ dataFile: ":memory:" });
    onTestFinished(() => server.close());
    const client = connect({ url: server.url, token: server.token });
    await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "platform" } });
    const stringData = {
      token: "s3cret\n",
      username: "ann",
      password: "pass word\n",
      colon: "a:b",
      "ca.crt": pem,
      "tls.crt": "CERT",
      "tls.key": "KEY",
      empty: "",
    };
    await client.create(Secret, { apiVersion: "v1", kind: "Secret", metadata: secretRef, stringData });
    const data = { "ca.crt": `map ${pem}`, "other.crt": "no certificate" };
    await client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: secretRef, data });
    return client;
  }

  it.each<[ConnectionSettings, object]>([
    [{}, {}],
    [token, { authorization: "Bearer s3cret" }],
    [{ authorization: { type: "Token", ...token.authorization } }, { authorization: "Token s3cret" }],
    [{ basicAuth: { secretRef } }, { authorization: `Basic ${btoa("ann:pass word")}` }],
    [{ basicAuth: { secretRef, passwordKey: "token" } }, { authorization: `Basic ${btoa("ann:s3cret")}` }],
    [{ caBundle: { inline: pem } }, { ca: pem }],
    [{ caBundle: { secretRef } }, { ca: pem }],
    [{ caBundle: { configMapRef: secretRef } }, { ca: `map ${pem}` }],
    [{ clientTLS: { secretRef } }, { cert: "CERT", key: "KEY" }],
    [{ clientTLS: { secretRef, privateKeyKey: "token" } }, { cert: "CERT", key: "s3cret\n" }],
  ])("by %j", async (settings, connection) => {
    expect(await openConnection(await clientWithObjects(), settings)).toEqual(connection);
  });

  it.each<[ConnectionSettings, RegExp]>([
    [{ ...token, basicAuth: { secretRef } }, /authorization and basicAuth are mutually exclusive/],
    [{ authorization: { type: " basic", ...token.authorization } }, /type Basic is not supported: use basicAuth/],
    [{ basicAuth: { secretRef, usernameKey: "colon" } }, /user name must not contain a colon/],
    [{ caBundle: {} }, /exactly one of inline, secretRef and configMapRef/],
    [{ caBundle: { inline: pem, secretRef } }, /exactly one of inline, secretRef and configMapRef/],
    [{ caBundle: { secretRef: { ...secretRef, name: "absent" } } }, /caBundle: there is no Secret platform\/absent/],
    [{ caBundle: { secretRef: { ...secretRef, key: "empty" } } }, /Secret platform\/hooks has no key "empty", or it/],
    [{ caBundle: { configMapRef: { ...secretRef, key: "other.crt" } } }, /caBundle holds no certificate in PEM form/],
    [{ clientTLS: { secretRef, certKey: "my.crt" } }, /clientTLS: Secret platform\/hooks has no key "my\.crt"/],
  ])("by %j is refused", async (settings, message) => {
    await expect(openConnection(await clientWithObjects(), settings)).rejects.toThrow(message);
  });
});
