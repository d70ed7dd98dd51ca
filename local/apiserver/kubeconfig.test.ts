import { expect, test } from "vitest";
import { parse } from "yaml";
import { kubeconfigOf } from "./kubeconfig.ts";

test("names one cluster with the token where kubectl and where other clients look", () => {
  const config = parse(kubeconfigOf("http://127.0.0.1:8001", "t/k"));
  expect(config.clusters[0].cluster.server).toBe("http://octoplane:t%2Fk@127.0.0.1:8001");
  expect(config.users[0].user.token).toBe("t/k");
  expect(config.contexts[0].context).toEqual({ cluster: "octoplane", user: "octoplane", namespace: "default" });
  expect(config["current-context"]).toBe("octoplane");
});
