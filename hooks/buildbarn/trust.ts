/** TLS between the programs: what servers show, what clients trust, and how both get into a pod. */

import type { EnvVar, Volume, VolumeMount } from "kubernetes-types/core/v1.js";
import type { Authorizer, Tls } from "../../api/buildbarn/trust.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { type ConfigObject, environmentVariable } from "./jsonnet.ts";

const serverFolder = "/tls/server";
const clientFolder = "/tls/client";
/** How soon a renewed certificate is used. */
const refreshInterval = "60s";

/** Variables with the certificates of authorities. Buildbarn takes those as text, not as a file. */
const variables = { own: "CLIENT_AUTHORITIES", storage: "STORAGE_AUTHORITIES", scheduler: "SCHEDULER_AUTHORITIES" };
export type Authority = keyof typeof variables;

/** The Secrets that a pod needs for TLS, by what for. */
export interface Secrets {
  server?: string;
  client?: string;
  authorities?: Partial<Record<Authority, string>>;
}

interface Partners {
  /** TLS of the program's own servers. */
  own?: Tls | undefined;
  client?: { secretName: string } | undefined;
  storage?: Tls | undefined;
  scheduler?: Tls | undefined;
}

/** The Secrets that follow from who talks to whom; undefined where nobody uses TLS. */
export function secretsOf({ own, client, storage, scheduler }: Partners): Secrets | undefined {
  const authorities = Object.fromEntries(
    Object.entries({ own: own?.clientCertificates ? own : undefined, storage, scheduler }).flatMap(([name, tls]) =>
      tls === undefined ? [] : [[name, tls.secretName] as const],
    ),
  );
  const secrets = {
    ...(own === undefined ? {} : { server: own.secretName }),
    ...(client === undefined ? {} : { client: client.secretName }),
    ...(Object.keys(authorities).length === 0 ? {} : { authorities }),
  };
  return Object.keys(secrets).length === 0 ? undefined : secrets;
}

/** A server that asks for a certificate needs a client that has one. */
export function certificateMissing(server: { kind: string; metadata: { name: string } }, tls: Tls | undefined) {
  return (client: { secretName: string } | undefined): Verdict | undefined => {
    if (client !== undefined || !tls?.clientCertificates) return undefined;
    const name = `${server.kind} ${server.metadata.name}`;
    return no("ClientCertificateMissing", `spec.clientTls must name a Secret: ${name} asks for client certificates`);
  };
}

function keyPair(folder: string): ConfigObject {
  return {
    files: { certificatePath: `${folder}/tls.crt`, privateKeyPath: `${folder}/tls.key`, refreshInterval },
  };
}

/** The `tls` field of a gRPC server. */
export function serverTls(tls: Tls | undefined): ConfigObject {
  return tls === undefined ? {} : { tls: { serverKeyPair: keyPair(serverFolder) } };
}

/** Who is let in: everybody, or those with a certificate. */
export function authenticationPolicy(tls: Tls | undefined): ConfigObject {
  if (!tls?.clientCertificates) return { allow: {} };
  return {
    tlsClientCertificate: {
      clientCertificateAuthorities: environmentVariable(variables.own),
      validationJmespathExpression: { expression: "`true`" },
      metadataExtractionJmespathExpression: { expression: "{public: @}" },
    },
  };
}

/** A gRPC client of the server at `address`. */
export function grpcClient(
  address: string,
  authority: Authority,
  server: Tls | undefined,
  client: { secretName: string } | undefined,
): ConfigObject {
  if (server === undefined) return { address };
  return {
    address,
    tls: {
      serverCertificateAuthorities: environmentVariable(variables[authority]),
      ...(client === undefined ? {} : { clientKeyPair: keyPair(clientFolder) }),
    },
  };
}

export function authorizerOf(authorizer: Authorizer | undefined): ConfigObject {
  const { policy = "Allow", instanceNamePrefixes = [], expression = "" } = authorizer ?? {};
  const policies: Record<Authorizer["policy"], ConfigObject> = {
    Allow: { allow: {} },
    Deny: { deny: {} },
    InstanceNamePrefixes: { instanceNamePrefix: { allowedInstanceNamePrefixes: instanceNamePrefixes } },
    Expression: { jmespathExpression: { expression } },
  };
  return policies[policy];
}

interface PodParts {
  env: EnvVar[];
  volumes: Volume[];
  volumeMounts: VolumeMount[];
}

/** How the Secrets get into a pod. */
export function podPartsOf({ server, client, authorities = {} }: Secrets = {}): PodParts {
  const folders = [
    { name: "server-tls", secretName: server, mountPath: serverFolder },
    { name: "client-tls", secretName: client, mountPath: clientFolder },
  ].flatMap(({ secretName, ...rest }) => (secretName === undefined ? [] : [{ ...rest, secretName }]));
  return {
    env: Object.entries(authorities).map(([authority, name]) => ({
      name: variables[authority as Authority],
      valueFrom: { secretKeyRef: { name, key: "ca.crt" } },
    })),
    volumes: folders.map(({ name, secretName }) => ({ name, secret: { secretName, defaultMode: 0o440 } })),
    volumeMounts: folders.map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
  };
}
