import { describe, expect, test } from "vitest";
import { frontend } from "../../test/objects/buildbarn.ts";
import { farm, sync } from "../../test/objects/clients.ts";
import { ask } from "../../test/objects/farm.ts";
import { buildbarnFrontend } from "./buildbarn-frontend.ts";

describe("pods", () => {
  const pod = (spec: Parameters<typeof frontend>[0]) => sync(spec).deployment?.spec?.template;

  test("have what the resource asks for", () => {
    expect(
      pod({
        image: "example.com/bb:1",
        resources: { requests: { cpu: "0.5" }, limits: { memory: "1024Mi" } },
        nodeSelector: { disk: "ssd" },
        tolerations: [{ key: "a", value: "" }],
        imagePullSecrets: [{ name: "pull" }, { name: "other" }, { name: "pull" }],
        priorityClassName: "high",
        podAnnotations: { a: "b" },
        terminationGracePeriodSeconds: 7,
        spread: { topologyKey: "zone" },
      }),
    ).toMatchObject({
      metadata: { annotations: { a: "b" }, labels: { app: "frontend", component: "frontend" } },
      spec: {
        containers: [
          {
            image: "example.com/bb:1",
            resources: { requests: { cpu: "500m" }, limits: { memory: "1Gi" } },
          },
        ],
        nodeSelector: { disk: "ssd" },
        tolerations: [{ key: "a" }],
        imagePullSecrets: [{ name: "pull" }, { name: "other" }],
        priorityClassName: "high",
        terminationGracePeriodSeconds: 7,
        topologySpreadConstraints: [{ topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" }],
      },
    });
  });

  test("what is no quantity is left for the check of children to refuse", () => {
    expect(() => pod({ resources: { limits: { memory: "odd" } } })).toThrow('is "odd", not a quantity');
  });

  test("have nothing of what is empty, and the images of their version", () => {
    const { spec } = pod({ image: "", priorityClassName: "", version: "2025-08" }) ?? {};
    expect(spec?.containers[0]?.image).toBe("ghcr.io/buildbarn/bb-storage:20250827T121715Z-fbb7c11");
    expect(spec).not.toHaveProperty("priorityClassName");
    expect(spec?.containers[0]).not.toHaveProperty("resources");
  });

  test("a client without a generation has the first", () => {
    const parent = frontend();
    delete parent.metadata.generation;
    const { deployment } = ask(buildbarnFrontend, parent, { related: farm });
    expect(deployment?.metadata.annotations?.["octoplane.io/generation"]).toBe("1");
  });
});

test("a pull secret that is named twice is asked for once", () => {
  const names = [{ name: "a" }, { name: "b" }, { name: "a" }];
  const { deployment } = sync({ imagePullSecrets: names });
  expect(deployment?.spec?.template.spec?.imagePullSecrets).toEqual([{ name: "a" }, { name: "b" }]);
});
