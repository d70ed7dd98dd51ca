/** Credentials for registries from docker's config.json, and the token and basic authentication of registries. */

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { StoreError } from "./error.ts";
import { ifThere } from "./file-error.ts";

export interface Credentials {
  username: string;
  password: string;
}

interface DockerConfig {
  auths?: Record<string, { auth?: string; username?: string; password?: string }>;
}

const dockerHubApi = "registry-1.docker.io";
const dockerHub = ["docker.io", "index.docker.io", dockerHubApi];

/** Where the API of a registry is: for Docker Hub not at the host of its images' names. */
export function apiHost(host: string): string {
  return dockerHub.includes(host) ? dockerHubApi : host;
}

/** The credentials for a host in the text of a docker `config.json`, in either of its forms. @throws StoreError */
export function credentialsIn(dockerConfig: string, host: string): Credentials | undefined {
  const { auths = {} } = parse(dockerConfig);
  const names = dockerHub.includes(host) ? dockerHub : [host];
  const entry = Object.entries(auths).find(([name]) => names.includes(hostOfKey(name)))?.[1];
  if (entry?.auth) return decode(entry.auth);
  if (entry?.username && entry.password) return { username: entry.username, password: entry.password };
  return undefined;
}

/** The docker configuration of whoever runs the program, if there is one. */
export async function ownDockerConfig(): Promise<string> {
  const folder = process.env.DOCKER_CONFIG ?? join(homedir(), ".docker");
  return (await ifThere(readFile(join(folder, "config.json"), "utf8"))) ?? "{}";
}

function parse(text: string): DockerConfig {
  try {
    return JSON.parse(text);
  } catch {
    throw new StoreError("invalid", "the docker config.json with the registry's credentials is no JSON");
  }
}

/** Keys are hosts, or URLs as older clients wrote them. */
function hostOfKey(key: string): string {
  return key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

function decode(auth: string): Credentials {
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

export function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

/** Parses a `WWW-Authenticate` header. */
export function challengeIn(header: string): Challenge {
  const [scheme = "", rest = ""] = header.split(/\s(.*)/s);
  const parameters = Array.from(rest.matchAll(/(\w+)="([^"]*)"/g), ([, name = "", value = ""]) => [name, value]);
  return { scheme: scheme.toLowerCase(), parameters: Object.fromEntries(parameters) };
}

/** Asks the token server that a registry names for a token. @throws StoreError */
export async function fetchToken(
  parameters: Record<string, string>,
  scopes: Iterable<string>,
  credentials: Credentials | undefined,
  registry: URL,
): Promise<string> {
  const realm = tokenServer(parameters.realm ?? "", registry);
  if (parameters.service) realm.searchParams.set("service", parameters.service);
  for (const scope of scopes) realm.searchParams.append("scope", scope);

  const headers = credentials ? { authorization: basic(credentials) } : {};
  const response = await fetch(realm, { headers, signal: AbortSignal.timeout(30_000) }).catch((error: Error) => {
    throw new StoreError("unreachable", `the token server ${realm.host} cannot be reached: ${error.message}`);
  });
  if (!response.ok) throw refusedToken(realm, response.status);
  const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
  return token ?? access_token ?? "";
}

/** Credentials never go from https to http. */
function tokenServer(realm: string, registry: URL): URL {
  const isUrl = URL.canParse(realm);
  const url = isUrl ? new URL(realm) : registry;
  if (!isUrl || (registry.protocol === "https:" && url.protocol !== "https:")) {
    throw new StoreError("denied", `registry ${registry.host} names no usable token server: ${JSON.stringify(realm)}`);
  }
  return url;
}

function refusedToken(realm: URL, status: number): StoreError {
  const kind = status === 429 || status >= 500 ? "unreachable" : "denied";
  return new StoreError(kind, `the token server ${realm.host} answers ${status}`);
}
