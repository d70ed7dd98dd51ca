/** What a connection to a hook needs beside its URL: a certificate authority, a client certificate, credentials. */

import { ConfigMap, Secret } from "../../api/builtin.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { ConnectionSettings, DataKey, EndpointConfig } from "./composite-controller.ts";

export interface Connection {
  /** PEM. Without it the roots of the system are trusted. */
  ca?: string;
  /** PEM; both or none. */
  cert?: string;
  key?: string;
  /** The value of the Authorization header. */
  authorization?: string;
}

/** The settings that count for a webhook: its own as a whole, else those of the first entry with its host. */
export function settingsFor(url: string, own: ConnectionSettings, endpoints: EndpointConfig[]): ConnectionSettings {
  const hasOwn = own.caBundle ?? own.clientTLS ?? own.authorization ?? own.basicAuth;
  return hasOwn === undefined ? (endpoints.find(({ host }) => isHostOf(host, url)) ?? {}) : own;
}

const defaultPorts: Record<string, string> = { "https:": "443", "http:": "80" };

/** A default port may be left out on either side. */
function isHostOf(host: string, url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, port } = new URL(url); // `port` is empty when it is the protocol's own
  const names = port === "" ? [hostname, `${hostname}:${defaultPorts[protocol]}`] : [`${hostname}:${port}`];
  return names.includes(host.toLowerCase());
}

/**
 * Reads what the settings refer to. Like Metacontroller, the driver does so once, when a controller starts: whoever
 * rotates a Secret restarts it or changes the controller's spec.
 *
 * @throws Error for users: which setting cannot be used, and why.
 */
export async function openConnection(client: KubernetesClient, settings: ConnectionSettings): Promise<Connection> {
  const { caBundle, clientTLS, authorization, basicAuth } = settings;
  if (authorization && basicAuth) throw new Error("authorization and basicAuth are mutually exclusive");
  return {
    ...(caBundle && { ca: await certificateAuthority(client, caBundle) }),
    ...(clientTLS && (await clientCertificate(client, clientTLS))),
    ...(authorization && { authorization: await authorizationHeader(client, authorization) }),
    ...(basicAuth && { authorization: await basicHeader(client, basicAuth) }),
  };
}

type Of<Field extends keyof ConnectionSettings> = NonNullable<ConnectionSettings[Field]>;

async function certificateAuthority(client: KubernetesClient, { inline, secretRef, configMapRef }: Of<"caBundle">) {
  const sources = [
    inline === undefined ? undefined : async () => inline,
    secretRef && (() => secretKey(client, "caBundle", withKey(secretRef))),
    configMapRef && (() => configMapKey(client, withKey(configMapRef))),
  ].filter((source) => source !== undefined);
  const [read, another] = sources;
  if (read === undefined || another !== undefined) {
    throw new Error("caBundle needs exactly one of inline, secretRef and configMapRef");
  }
  const pem = await read();
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) throw new Error("caBundle holds no certificate in PEM form");
  return pem;
}

function withKey(reference: DataKey): Required<DataKey> {
  return { ...reference, key: reference.key || "ca.crt" };
}

async function clientCertificate(client: KubernetesClient, { secretRef, certKey, privateKeyKey }: Of<"clientTLS">) {
  const [cert, key] = await Promise.all([
    secretKey(client, "clientTLS", { ...secretRef, key: certKey || "tls.crt" }),
    secretKey(client, "clientTLS", { ...secretRef, key: privateKeyKey || "tls.key" }),
  ]);
  return { cert, key };
}

async function authorizationHeader(client: KubernetesClient, { type, secretRef }: Of<"authorization">) {
  const scheme = type?.trim() || "Bearer";
  if (scheme.toLowerCase() === "basic") throw new Error("authorization.type Basic is not supported: use basicAuth");
  return `${scheme} ${(await secretKey(client, "authorization", secretRef)).trim()}`;
}

async function basicHeader(client: KubernetesClient, { secretRef, usernameKey, passwordKey }: Of<"basicAuth">) {
  const [username, password] = await Promise.all([
    secretKey(client, "basicAuth", { ...secretRef, key: usernameKey || "username" }),
    secretKey(client, "basicAuth", { ...secretRef, key: passwordKey || "password" }),
  ]);
  if (username.includes(":")) throw new Error("basicAuth: the user name must not contain a colon");
  return `Basic ${Buffer.from(`${username.trim()}:${password.trim()}`).toString("base64")}`;
}

async function secretKey(client: KubernetesClient, field: string, reference: Required<DataKey>): Promise<string> {
  const secret = await client.get(Secret, reference);
  const value = present(field, "Secret", reference, secret, secret?.data?.[reference.key]);
  return Buffer.from(value, "base64").toString("utf8");
}

async function configMapKey(client: KubernetesClient, reference: Required<DataKey>): Promise<string> {
  const map = await client.get(ConfigMap, reference);
  return present("caBundle", "ConfigMap", reference, map, map?.data?.[reference.key]);
}

function present(
  field: string,
  kind: string,
  { namespace, name, key }: Required<DataKey>,
  object: object | undefined,
  value: string | undefined,
): string {
  if (object === undefined) throw new Error(`${field}: there is no ${kind} ${namespace}/${name}`);
  if (!value)
    throw new Error(`${field}: ${kind} ${namespace}/${name} has no key ${JSON.stringify(key)}, or it is empty`);
  return value;
}
