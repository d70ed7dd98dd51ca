import { describe, expect, it } from "vitest";
import type { Service } from "../../api/builtin.ts";
import { endpointSlices, type Serving, type Workload } from "./endpoint-slices.ts";
import { newService } from "./test-objects.ts";

const container = {
  name: "c",
  ports: [
    { name: "web", containerPort: 8001 },
    { name: "health", containerPort: 8079 },
  ],
};
const serving: Serving = { id: "web-1", ports: new Map([[8001, 40001]]), container };
const workload: Workload = { namespace: "default", name: "web", labels: { app: "web", tier: "x" }, slots: [serving] };

function service(spec: Service["spec"]): Service {
  return {
    ...newService(),
    metadata: { name: "web", namespace: "default", uid: "u" },
    spec: { ...newService().spec, ...spec },
  };
}
const portsOf = (spec: Service["spec"]) => endpointSlices(workload, [service(spec)])[0]?.ports;

describe("endpointSlices", () => {
  it.each<[string, Service["spec"], unknown[]]>([
    ["by name", { ports: [{ name: "a", port: 80, targetPort: "web" }] }, [{ name: "a", port: 40001, protocol: "TCP" }]],
    ["by number", { ports: [{ port: 80, targetPort: 8001 }] }, [{ name: "", port: 40001, protocol: "TCP" }]],
    ["by the Service's own number", { ports: [{ port: 8001 }] }, [{ name: "", port: 40001, protocol: "TCP" }]],
    [
      "not where the process has none",
      {
        ports: [
          { port: 80, targetPort: "health" },
          { port: 81, targetPort: "none" },
        ],
      },
      [],
    ],
  ])("resolve target ports: %s", (_, spec, ports) => {
    expect(portsOf(spec)).toEqual(ports);
  });

  it("are one per slot, empty where nothing serves", () => {
    const slices = endpointSlices({ ...workload, slots: [serving, undefined] }, [service({})]);
    expect(slices.map(({ endpoints }) => endpoints.length)).toEqual([1, 0]);
    expect(new Set(slices.map(({ metadata }) => metadata.name)).size).toBe(2);
  });

  it.each<[string, Service]>([
    ["another namespace", { ...service({}), metadata: { name: "web", namespace: "other" } }],
    ["another selector", service({ selector: { app: "other" } })],
    ["no selector", service({ selector: {} })],
  ])("are not for a Service of %s", (_, other) => {
    expect(endpointSlices(workload, [other])).toEqual([]);
  });
});
