/** Requests to one registry: authentication, and its errors in words. */

import { StoreError } from "./error.ts";
import {
  apiHost,
  basic,
  type Challenge,
  challengeIn,
  credentialsIn,
  fetchToken,
  ownDockerConfig,
} from "./registry-auth.ts";

export interface RegistryRequest {
  method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  headers?: Record<string, string>;
  body?: Uint8Array;
}

export interface RegistryClient {
  readonly base: URL;
  /** Answers any response below 400, and 404 and 405. @throws StoreError for everything else */
  send(target: string | URL, request?: RegistryRequest): Promise<Response>;
}

const timeoutMs = 120_000;
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Registries on loopback speak plain HTTP, as for docker; others only when that is asked for. */
export function registryBase(host: string, plainHttp: boolean): URL {
  const url = new URL(`https://${apiHost(host)}/v2/`);
  if (plainHttp || loopback.test(url.hostname)) return new URL(`http://${host}/v2/`);
  return url;
}

export function registryClient(base: URL, dockerConfig?: string): RegistryClient {
  const scopes = new Set<string>();
  let authorization: string | undefined;

  async function authorize({ scheme, parameters }: Challenge): Promise<void> {
    const credentials = credentialsIn(dockerConfig ?? (await ownDockerConfig()), base.host);
    if (scheme === "bearer") {
      if (parameters.scope) scopes.add(parameters.scope);
      authorization = `Bearer ${await fetchToken(parameters, scopes, credentials, base)}`;
    } else if (credentials) {
      authorization = basic(credentials);
    }
  }

  /** Credentials stay with the registry, wherever it points for an upload. */
  function attempt(url: URL, { method = "GET", headers = {}, body }: RegistryRequest): Promise<Response> {
    const own = authorization !== undefined && url.origin === base.origin ? { authorization } : {};
    const request = { method, headers: { ...headers, ...own }, ...(body && { body: body as Uint8Array<ArrayBuffer> }) };
    return fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) }).catch((error: Error) => {
      const reason = error.cause instanceof Error ? error.cause.message : error.message;
      throw new StoreError("unreachable", `registry ${base.host} cannot be reached: ${reason}`, { cause: error });
    });
  }

  return {
    base,
    async send(target, request = {}) {
      const url = new URL(target, base);
      let response = await attempt(url, request);
      const challenge = response.headers.get("www-authenticate");
      if (response.status === 401 && challenge) {
        await response.body?.cancel();
        await authorize(challengeIn(challenge));
        response = await attempt(url, request);
      }
      if (response.status < 400 || response.status === 404 || response.status === 405) return response;
      throw await failure(base.host, request.method ?? "GET", url, response);
    },
  };
}

async function failure(host: string, method: string, url: URL, response: Response): Promise<StoreError> {
  const { status } = response;
  const text = `registry ${host} answers ${status} to ${method} ${url.pathname}${await reasonOf(response)}`;
  if (status === 401 || status === 403) return new StoreError("denied", text);
  const isRead = method === "GET" || method === "HEAD";
  // A registry whose disk is full or read-only answers writes with it, and says why in its own words.
  if (status === 507 || (status === 500 && !isRead)) return new StoreError("unwritable", text);
  const mayHeal = status === 408 || status === 429 || status >= 500;
  return new StoreError(mayHeal ? "unreachable" : "refused", text);
}

const longestDetail = 300;

/** The first error of the distribution API's error document, if the body is one. */
async function reasonOf(response: Response): Promise<string> {
  try {
    const { errors } = (await response.json()) as { errors?: { code?: string; message?: string; detail?: unknown }[] };
    const first = errors?.[0];
    if (first === undefined) return "";
    const detail = first.detail === undefined ? "" : ` ${JSON.stringify(first.detail).slice(0, longestDetail)}`;
    return `: ${first.code ?? ""} ${first.message ?? ""}${detail}`;
  } catch {
    return "";
  }
}
