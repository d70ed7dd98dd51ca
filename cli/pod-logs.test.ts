import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { followPodLogs, type PodLogsOptions, readPodLogs } from "./pod-logs.ts";
import { type PodApi, startPodApi } from "./test-pods.ts";

let api: PodApi;
beforeAll(async () => {
  api = await startPodApi();
});
afterAll(() => api.close());

const running = { running: { startedAt: "2026-01-01T00:00:00Z" } };

function reading(app: string) {
  const said: string[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const options: PodLogsOptions = {
    client: api.client,
    connection: api.connection,
    namespace: "default",
    labelSelector: `app=${app}`,
    container: "workerd",
    onLine: (pod, line) => void said.push(`${pod}: ${line}`),
    onTrouble: (pod, why) => void said.push(`${pod} cannot be read: ${why}`),
    signal: stop.signal,
  };
  return { said, stop, options };
}

test("all that the pods have printed, and why one has printed nothing", async () => {
  await api.createPod("a-1", { app: "all" });
  await api.createPod("a-2", { app: "all" });
  await api.createPod("b-1", { app: "other" });
  api.answerLogs((pod, query, response) => {
    expect(Object.fromEntries(query)).toEqual({ container: "workerd" });
    if (pod === "a-1") return response.end("one\ntwo");
    response.statusCode = 400;
    response.end(
      JSON.stringify({ kind: "Status", message: "container workerd is waiting to start", reason: "BadRequest" }),
    );
  });
  const { said, options } = reading("all");
  expect(await readPodLogs(options)).toBe(2);
  expect(said.sort()).toEqual(["a-1: one", "a-1: two", "a-2 cannot be read: container workerd is waiting to start"]);
});

test("following goes on with pods that start later, and with containers that start again", async () => {
  const asked: string[] = [];
  const open = new Map<string, ServerResponse>();
  api.answerLogs((pod, query, response) => {
    asked.push(`${pod} follow=${query.get("follow")}`);
    open.set(pod, response);
    response.write(`${pod} begins\n`);
  });
  const first = await api.createPod("f-1", { app: "followed" });
  const { said, stop, options } = reading("followed");
  const followed = followPodLogs(options);
  await api.setState(first, 0, running);
  await vi.waitFor(() => expect(said).toEqual(["f-1: f-1 begins"]));
  open.get("f-1")?.write("more\n");
  await vi.waitFor(() => expect(said.at(-1)).toBe("f-1: more"));

  const second = await api.createPod("f-2", { app: "followed" });
  await api.setState(second, 0, { waiting: { reason: "ContainerCreating" } });
  await api.setState(second, 0, running);
  await vi.waitFor(() => expect(said.at(-1)).toBe("f-2: f-2 begins"));
  open.get("f-1")?.end();
  await api.setState(first, 1, running);
  await vi.waitFor(() => expect(said.at(-1)).toBe("f-1: f-1 begins"));
  expect(asked).toEqual(["f-1 follow=true", "f-2 follow=true", "f-1 follow=true"]);

  stop.abort();
  await followed;
  expect(said).toHaveLength(4);
});
