/** Controllers as manifests spell them: a Service's address, a private authority, a bearer token. */

import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { ConfigMap, Event, Namespace, Secret } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { connect } from "../../kubernetes/client.ts";
import { type Authority, createAuthority } from "../../test/cluster/harness/certificates.ts";
import { CustomResourceDefinition, controllerDefinition, definitionOf, Thing } from "../../test/vectors/kinds.ts";
import { startApiServer } from "../apiserver/start.ts";
import { CompositeController } from "./composite-controller.ts";
import { startDriver } from "./start.ts";

const platform = "platform";
const authority = await createAuthority("authority of the platform");
const eventually = (assertion: () => unknown) => expect.poll(assertion, { timeout: 4_000, interval: 10 });

/** A hook server behind the address `https://hooks.platform:443`, which asks for the token `s3cret`. */
async function hookServer(issuer: Authority, options: { clientCertificates?: boolean } = {}): Promise<string> {
  const { certificate: cert, key } = await issuer.issue({ commonName: "hooks", names: ["hooks.platform"] });
  const tls = { cert, key, ...(options.clientCertificates && { requestCert: true, ca: issuer.certificate }) };
  const server = createServer(tls, (request, response) => {
    const isKnown = request.headers.authorization === "Bearer s3cret";
    response.writeHead(isKnown ? 200 : 401).end(isKnown ? JSON.stringify({ children: [child] }) : "who are you?");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const child = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "made-by-the-hook" } };
const reference = { namespace: platform, name: "hooks" };
const mutual = { clientTLS: { secretRef: reference } };

function controller(settings: object): CompositeController {
  const service = { name: "hooks", namespace: platform, port: 443, protocol: "https" };
  return {
    apiVersion: "metacontroller.k8s.io/v1alpha1",
    kind: "CompositeController",
    metadata: { name: "c" },
    spec: {
      parentResource: { apiVersion: "vectors.example.com/v1", resource: "things" },
      childResources: [{ apiVersion: "v1", resource: "configmaps" }],
      generateSelector: true,
      hooks: { sync: { version: "v2", webhook: { service, path: "/sync" } } },
      endpointConfigs: [
        {
          host: "hooks.platform",
          caBundle: { secretRef: reference },
          authorization: { secretRef: { ...reference, key: "token" } },
          ...settings,
        },
      ],
    },
  };
}

async function world(hooks: string, settings: object = {}) {
  const server = await startApiServer({ dataFile: ":memory:" });
  const client = connect({ url: server.url, token: server.token });
  for (const definition of [controllerDefinition, definitionOf(Thing)]) {
    await client.create(CustomResourceDefinition, definition);
  }
  await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: platform } });
  await client.create(CompositeController, controller(settings));
  await client.create(Thing, {
    apiVersion: "vectors.example.com/v1",
    kind: "Thing",
    metadata: { namespace: platform, name: "t" },
  } as KubernetesObject);
  const driver = await startDriver({
    client,
    hooks: { locate: (url) => url.replace("https://hooks.platform:443", hooks) },
  });
  onTestFinished(async () => {
    await driver.close();
    await server.close();
  });

  return {
    async secret(token: string, trusted: Authority) {
      const own = await trusted.issue({ commonName: "driver" });
      const stringData = { "ca.crt": trusted.certificate, token, "tls.crt": own.certificate, "tls.key": own.key };
      await client.create(Secret, { apiVersion: "v1", kind: "Secret", metadata: reference, stringData });
    },
    made: () => client.get(ConfigMap, { namespace: platform, name: child.metadata.name }),
    warnings: async () => (await client.list(Event)).items.map(({ message }) => message).join("\n"),
  };
}

it("calls a hook over TLS with its token, as soon as the Secret is there", async () => {
  const { secret, made, warnings } = await world(await hookServer(authority));
  await eventually(warnings).toMatch(/caBundle: there is no Secret platform\/hooks/);
  expect(await made()).toBeUndefined();
  await secret("s3cret\n", authority);
  await eventually(made).toBeDefined();
});

it("does not talk to a server of another authority", async () => {
  const { secret, made, warnings } = await world(await hookServer(await createAuthority("another authority")));
  await secret("s3cret", authority);
  await eventually(warnings).toMatch(/POST https:\/\/hooks\.platform:443\/sync: .*certificate/);
  expect(await made()).toBeUndefined();
});

it("reports what a server says to a wrong token", async () => {
  const { secret, warnings } = await world(await hookServer(authority));
  await secret("guessed", authority);
  await eventually(warnings).toMatch(/unsupported status code: 401 body: who are you\?/);
});

it("shows its own certificate to a server that asks for one", async () => {
  const { secret, made } = await world(await hookServer(authority, { clientCertificates: true }), mutual);
  await secret("s3cret", authority);
  await eventually(made).toBeDefined();
});

it("is turned away without a certificate by a server that asks for one", async () => {
  const { secret, made, warnings } = await world(await hookServer(authority, { clientCertificates: true }));
  await secret("s3cret", authority);
  await eventually(warnings).toMatch(/POST https:\/\/hooks\.platform:443\/sync: .+/);
  expect(await made()).toBeUndefined();
});
