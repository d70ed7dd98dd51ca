/**
 * For tests: a cluster with pods. The embedded API refuses them, so they are objects of a kind of its own there; a server
 * in front of it gives them their usual place, and what kubelets keep of their output.
 */

import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Pod } from "../api/builtin.ts";
import { CustomResourceDefinition } from "../api/crd.ts";
import type { Resource } from "../api/resource.ts";
import { type ConnectOptions, connect, type KubernetesClient } from "../kubernetes/client.ts";
import { startApiServer } from "../local/apiserver/start.ts";

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

/** Answers `/log` of a pod; the query says how it was asked. */
export type AnswerLog = (pod: string, query: URLSearchParams, response: ServerResponse) => void;

export interface PodApi {
  client: KubernetesClient;
  connection: ConnectOptions;
  createPod(name: string, labels: Record<string, string>): Promise<Pod>;
  /** What the kubelet says of the pod's container `workerd`. */
  setState(pod: Pod, restartCount: number, state: object): Promise<Pod>;
  answerLogs(answer: AnswerLog): void;
  close(): Promise<void>;
}

export async function startPodApi(): Promise<PodApi> {
  const server = await startApiServer({ dataFile: ":memory:" });
  const storage = connect({ url: server.url, token: server.token });
  await storage.create(CustomResourceDefinition, definition);
  let answerLog: AnswerLog = (_pod, _query, response) => response.end();
  const front = createServer((incoming, response) => {
    const { pathname, searchParams } = new URL(incoming.url ?? "/", server.url);
    const pod = /\/pods\/([^/]+)\/log$/.exec(pathname)?.[1];
    if (pod !== undefined) return answerLog(pod, searchParams, response);
    const target = new URL(incoming.url?.replace("/api/v1/", `/apis/${StoredPod.group}/v1/`) ?? "/", server.url);
    const forwarded = request(target, { method: incoming.method ?? "GET", headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    response.on("close", () => forwarded.destroy());
    forwarded.on("error", () => response.destroy());
    incoming.pipe(forwarded);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => front.once("listening", resolve));
  const connection = { url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`, token: server.token };

  return {
    client: connect(connection),
    connection,
    createPod(name, labels) {
      const metadata = { namespace: "default", name, labels };
      return storage.create(StoredPod, { apiVersion: `${StoredPod.group}/v1` as "v1", kind: "Pod", metadata });
    },
    setState({ metadata }, restartCount, state) {
      const containerStatuses = [{ name: "workerd", ready: true, image: "i", imageID: "i", restartCount, state }];
      return storage.mergePatch(StoredPod, metadata, { status: { containerStatuses } }, { subresource: "status" });
    },
    answerLogs(answer) {
      answerLog = answer;
    },
    async close() {
      front.close();
      front.closeAllConnections();
      await server.close();
    },
  };
}
