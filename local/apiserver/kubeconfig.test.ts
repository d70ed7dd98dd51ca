import { expect, test } from "vitest";
import { parse } from "yaml";
import { kubeconfigOf } from "./kubeconfig.ts";

test("has the token where kubectl looks and, in a second context, where other clients do", () => {
  const config = parse(kubeconfigOf("http://127.0.0.1:8001", "t/k"));
  expect(config.clusters.map(({ cluster }: { cluster: { server: string } }) => cluster.server)).toEqual([
    "http://octoplane:t%2Fk@127.0.0.1:8001",
    "http://127.0.0.1:8001",
  ]);
  expect(config.users[0].user.token).toBe("t/k");
  expect(config.contexts[0].context).toEqual({ cluster: "octoplane", user: "octoplane", namespace: "default" });
  expect(config["current-context"]).toBe("octoplane");
});
