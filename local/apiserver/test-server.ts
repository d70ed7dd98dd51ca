/** An API server for one test, and a client that shows everything of an answer. */

import { onTestFinished } from "vitest";
import type { ApiObject } from "./object.ts";
import { startApiServer } from "./start.ts";
import type { Status } from "./status.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
type AnyJson = any;

export interface TestAnswer {
  code: number;
  body: AnyJson;
  headers: Headers;
}

export interface TestApi {
  url: string;
  token: string;
  kubeconfig(): string;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<TestAnswer>;
  get(path: string, accept?: string): Promise<AnyJson>;
  /** Fails the test when the object is refused. */
  create(path: string, body: object): Promise<AnyJson>;
  replace(path: string, body: object): Promise<AnyJson>;
  patch(path: string, body: object): Promise<AnyJson>;
  /** Fails the test when the call succeeds. */
  refusal(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Status>;
  watch(path: string, accept?: string): Promise<TestWatch>;
}

export interface TestWatch {
  /** The next event; rejects after two seconds without one. */
  next(): Promise<{ type: string; object: AnyJson }>;
  /** Resolves when the server ends the stream. */
  ended(): Promise<void>;
}

export async function startTestApi(dataFile = ":memory:"): Promise<TestApi> {
  const server = await startApiServer({ dataFile });
  onTestFinished(() => server.close());
  return clientOf(server);
}

export function clientOf({ url, token, kubeconfig }: Pick<TestApi, "url" | "token" | "kubeconfig">): TestApi {
  const authorization = `Bearer ${token}`;

  async function request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(url + path, {
      method,
      headers: { authorization, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type") === "application/json";
    return { code: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  }

  async function success(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
    const answer = await request(method, path, body, headers);
    if (answer.code >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  return {
    url,
    token,
    kubeconfig,
    request,
    get: (path, accept) => success("GET", path, undefined, accept ? { accept } : {}),
    create: (path, body) => success("POST", path, body),
    replace: (path, body) => success("PUT", path, body),
    patch: (path, body) => success("PATCH", path, body, { "content-type": "application/merge-patch+json" }),
    async refusal(method, path, body, headers) {
      const answer = await request(method, path, body, headers);
      if (answer.code < 300) throw new Error(`${method} ${path} was not refused: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    async watch(path, accept = "application/json") {
      const abort = new AbortController();
      onTestFinished(() => abort.abort());
      const response = await fetch(url + path, { headers: { authorization, accept }, signal: abort.signal });
      if (!response.ok || !response.body) throw new Error(`GET ${path}: ${await response.text()}`);
      return watchOf(response.body);
    },
  };
}

function watchOf(body: ReadableStream<Uint8Array>): TestWatch {
  const events = lines(body);
  return {
    async next() {
      const timeout = AbortSignal.timeout(2000);
      const expired = new Promise<never>((_, reject) => {
        timeout.onabort = () => reject(new Error("no event within 2 s"));
      });
      const { value, done } = await Promise.race([events.next(), expired]);
      if (done) throw new Error("the watch has ended");
      return JSON.parse(value);
    },
    async ended() {
      while (!(await events.next()).done);
    },
  };
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

/** Polls until the condition holds; rejects after five seconds. */
export async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error(`still not: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const configMaps = "/api/v1/namespaces/default/configmaps";
export const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
export const things = "/apis/example.com/v1/namespaces/default/things";

export function configMap(name: string, more: object = {}): ApiObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...more } };
}

export function thing(name: string, spec: object = {}, metadata: object = {}): ApiObject {
  return { apiVersion: "example.com/v1", kind: "Thing", metadata: { name, ...metadata }, spec };
}

/** The CRD of `Thing`; `spec` is the schema of its spec. */
export function thingDefinition(spec: object = { "x-kubernetes-preserve-unknown-fields": true }, version: object = {}) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing", shortNames: ["th"] },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: {
                spec: { type: "object", ...spec },
                status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
              },
            },
          },
          ...version,
        },
      ],
    },
  };
}
