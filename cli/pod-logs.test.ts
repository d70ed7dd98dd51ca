/**
 * Pods, which the embedded API refuses, are objects of a kind of its own there; a server in front of it gives them
 * their usual place, and what kubelets keep of their output.
 */

import { createServer, request, type ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { Pod } from "../api/builtin.ts";
import { CustomResourceDefinition } from "../api/crd.ts";
import type { Resource } from "../api/resource.ts";
import { connect, type KubernetesClient } from "../kubernetes/client.ts";
import { type ApiServer, startApiServer } from "../local/apiserver/start.ts";
import { followPodLogs, type PodLogsOptions, readPodLogs } from "./pod-logs.ts";

const StoredPod: Resource<Pod> = { ...Pod, group: "test.octoplane.io" };
const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const definition: CustomResourceDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `pods.${StoredPod.group}` },
  spec: {
    group: StoredPod.group,
    scope: "Namespaced",
    names: { kind: "Pod", listKind: "PodList", plural: "pods", singular: "pod" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { status: anything } } },
        subresources: { status: {} },
      },
    ],
  },
};

let server: ApiServer;
let client: KubernetesClient;
let front: ReturnType<typeof createServer>;
let url: string;
/** Answers `/log` of a pod; the query says how it was asked. */
let answerLog: (pod: string, query: URLSearchParams, response: ServerResponse) => void;

beforeAll(async () => {
  server = await startApiServer({ dataFile: ":memory:" });
  client = connect({ url: server.url, token: server.token });
  await client.create(CustomResourceDefinition, definition);
  front = createServer((incoming, response) => {
    const { pathname, searchParams } = new URL(incoming.url ?? "/", server.url);
    const pod = /\/pods\/([^/]+)\/log$/.exec(pathname)?.[1];
    if (pod !== undefined) return answerLog(pod, searchParams, response);
    const target = new URL(incoming.url?.replace("/api/v1/", "/apis/test.octoplane.io/v1/") ?? "/", server.url);
    const forwarded = request(target, { method: incoming.method ?? "GET", headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    response.on("close", () => forwarded.destroy());
    forwarded.on("error", () => response.destroy());
    incoming.pipe(forwarded);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => front.once("listening", resolve));
  const address = front.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});
afterAll(async () => {
  front.close();
  front.closeAllConnections();
  await server.close();
});

async function createPod(name: string, app: string): Promise<Pod> {
  const metadata = { namespace: "default", name, labels: { app } };
  return client.create(StoredPod, { apiVersion: "test.octoplane.io/v1" as "v1", kind: "Pod", metadata });
}

function setState({ metadata }: Pod, restartCount: number, state: object) {
  const containerStatuses = [{ name: "workerd", ready: true, image: "i", imageID: "i", restartCount, state }];
  return client.mergePatch(StoredPod, metadata, { status: { containerStatuses } }, { subresource: "status" });
}

const running = { running: { startedAt: "2026-01-01T00:00:00Z" } };

function reading(app: string) {
  const said: string[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const options: PodLogsOptions = {
    client: connect({ url, token: server.token }),
    connection: { url, token: server.token },
    namespace: "default",
    labelSelector: `app=${app}`,
    onLine: (pod, line) => void said.push(`${pod}: ${line}`),
    onTrouble: (pod, why) => void said.push(`${pod} cannot be read: ${why}`),
    signal: stop.signal,
  };
  return { said, stop, options };
}

test("all that the pods have printed, and why one has printed nothing", async () => {
  await createPod("a-1", "all");
  await createPod("a-2", "all");
  await createPod("b-1", "other");
  answerLog = (pod, query, response) => {
    expect(Object.fromEntries(query)).toEqual({ container: "workerd" });
    if (pod === "a-1") return response.end("one\ntwo");
    response.statusCode = 400;
    response.end(
      JSON.stringify({ kind: "Status", message: "container workerd is waiting to start", reason: "BadRequest" }),
    );
  };
  const { said, options } = reading("all");
  expect(await readPodLogs(options)).toBe(2);
  expect(said.sort()).toEqual(["a-1: one", "a-1: two", "a-2 cannot be read: container workerd is waiting to start"]);
});

test("following goes on with pods that start later, and with containers that start again", async () => {
  const asked: string[] = [];
  const open = new Map<string, ServerResponse>();
  answerLog = (pod, query, response) => {
    asked.push(`${pod} follow=${query.get("follow")}`);
    open.set(pod, response);
    response.write(`${pod} begins\n`);
  };
  const first = await createPod("f-1", "followed");
  const { said, stop, options } = reading("followed");
  const followed = followPodLogs(options);
  await setState(first, 0, running);
  await vi.waitFor(() => expect(said).toEqual(["f-1: f-1 begins"]));
  open.get("f-1")?.write("more\n");
  await vi.waitFor(() => expect(said.at(-1)).toBe("f-1: more"));

  const second = await createPod("f-2", "followed");
  await setState(second, 0, { waiting: { reason: "ContainerCreating" } });
  await setState(second, 0, running);
  await vi.waitFor(() => expect(said.at(-1)).toBe("f-2: f-2 begins"));
  open.get("f-1")?.end();
  await setState(first, 1, running);
  await vi.waitFor(() => expect(said.at(-1)).toBe("f-1: f-1 begins"));
  expect(asked).toEqual(["f-1 follow=true", "f-2 follow=true", "f-1 follow=true"]);

  stop.abort();
  await followed;
  expect(said).toHaveLength(4);
});
