import { describe, expect, it } from "vitest";
import type { EndpointSlice, Ingress, Service } from "../../api/builtin.ts";
import { bareHost, matchRoute } from "./match.ts";
import { type RouteTable, routeTable } from "./route-table.ts";

type Path = { path?: string; pathType?: string; service: string; port: string | number };

function ingress(
  name: string,
  host: string | undefined,
  paths: Path[],
  over: Partial<Ingress["metadata"]> = {},
): Ingress {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "team", creationTimestamp: "2026-01-01T00:00:00Z", ...over },
    spec: {
      ingressClassName: "octoplane",
      rules: [
        {
          ...(host === undefined ? {} : { host }),
          http: {
            paths: paths.map(({ path, pathType = "Prefix", service, port }) => ({
              ...(path === undefined ? {} : { path }),
              pathType,
              backend: {
                service: { name: service, port: typeof port === "string" ? { name: port } : { number: port } },
              },
            })),
          },
        },
      ],
    },
  };
}

function service(name: string, ports = [{ name: "http", port: 80 }], namespace = "team"): Service {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { ports } };
}

type Conditions = { ready?: boolean; serving?: boolean; terminating?: boolean };

function slice(of: string, port: number, conditions: Conditions = { ready: true }, namespace = "team"): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${of}-${port}`, namespace, labels: { "kubernetes.io/service-name": of } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.0.0.1"], conditions }],
    ports: [{ name: "http", port, protocol: "TCP" }],
  };
}

function table(ingresses: Ingress[], services = [service("web")], endpointSlices = [slice("web", 9001)]): RouteTable {
  return routeTable({ ingresses, services, endpointSlices }, "octoplane");
}

function backendOf(routes: RouteTable, host: string, path = "/"): string | undefined {
  return matchRoute(routes, host, path)?.backend.key;
}

function addresses(routes: RouteTable, host: string): string[] | undefined {
  return matchRoute(routes, host, "/")?.backend.endpoints.map((each) => each.key);
}

describe("routeTable", () => {
  it.each([
    ["the port's number", 80],
    ["the port's name", "http"],
  ])("finds the endpoints of a Service by %s", (_, port) => {
    const routes = table([ingress("a", "a.test", [{ service: "web", port }])]);
    expect(addresses(routes, "a.test")).toEqual(["127.0.0.1:9001"]);
  });

  it.each<[string, Ingress["spec"], Record<string, string> | undefined, boolean]>([
    ["the class", { ingressClassName: "octoplane" }, undefined, true],
    ["another class", { ingressClassName: "nginx" }, undefined, false],
    ["no class", {}, undefined, false],
    ["the annotation", {}, { "kubernetes.io/ingress.class": "octoplane" }, true],
    [
      "a class that contradicts the annotation",
      { ingressClassName: "nginx" },
      { "kubernetes.io/ingress.class": "octoplane" },
      false,
    ],
  ])("with %s", (_, spec, annotations, taken) => {
    const base = ingress("a", "a.test", [{ service: "web", port: 80 }], annotations ? { annotations } : {});
    const { ingressClassName: _default, ...rest } = base.spec ?? {};
    const routes = table([{ ...base, spec: { ...rest, ...spec } }]);
    expect(backendOf(routes, "a.test") !== undefined).toBe(taken);
  });

  it("leaves a host to the namespace that claimed it first, whatever the paths", () => {
    const mine = ingress("mine", "a.test", [{ path: "/", service: "web", port: 80 }]);
    const later = { namespace: "thief", creationTimestamp: "2026-01-02T00:00:00Z" };
    const theirs = ingress("theirs", "A.test", [{ path: "/login", service: "web", port: 80 }], later);
    expect(backendOf(table([theirs, mine]), "a.test", "/login")).toBe("team/web:80");
  });

  it("lets the oldest Ingress of a namespace keep a path", () => {
    const old = ingress("old", "a.test", [{ service: "web", port: 80 }]);
    const young = ingress("young", "a.test", [{ service: "other", port: 80 }], {
      creationTimestamp: "2026-01-02T00:00:00Z",
    });
    expect(backendOf(table([young, old]), "a.test")).toBe("team/web:80");
  });

  it("takes no rule without a host, which would catch what nobody claimed", () => {
    expect(backendOf(table([ingress("all", undefined, [{ service: "web", port: 80 }])]), "a.test")).toBeUndefined();
  });

  it("takes those of the platform's own namespace, for hosts that nobody claimed", () => {
    const platform = { namespace: "octoplane-system" };
    const everywhere = [{ path: "/client/v4", service: "api", port: 80 }];
    const ingresses = [
      ingress("all", undefined, everywhere, platform),
      ingress("greedy", undefined, [{ service: "web", port: 80 }]),
      ingress("a", "a.test", [{ service: "web", port: 80 }]),
    ];
    const routes = routeTable({ ingresses, services: [], endpointSlices: [] }, "octoplane", platform.namespace);
    expect(backendOf(routes, "127.0.0.1", "/client/v4/user")).toBe("octoplane-system/api:80");
    expect(backendOf(routes, "127.0.0.1", "/")).toBeUndefined();
    expect(backendOf(routes, "a.test", "/client/v4/user")).toBe("team/web:80");
  });

  it("keeps a route whose Service is missing, without endpoints", () => {
    expect(addresses(table([ingress("a", "a.test", [{ service: "gone", port: 80 }])]), "a.test")).toEqual([]);
  });

  it.each<[string, EndpointSlice[], string[]]>([
    ["all that is ready", [slice("web", 1), slice("web", 2)], ["127.0.0.1:1", "127.0.0.1:2"]],
    ["what does not say whether it is ready", [slice("web", 1, {})], ["127.0.0.1:1"]],
    ["nothing that is not ready", [slice("web", 1, { ready: false })], []],
    [
      "the ready one beside one that terminates",
      [slice("web", 1), slice("web", 2, { ready: false, serving: true, terminating: true })],
      ["127.0.0.1:1"],
    ],
    [
      "one that terminates and still serves, when nothing is ready",
      [slice("web", 1, { ready: false }), slice("web", 2, { ready: false, serving: true, terminating: true })],
      ["127.0.0.1:2"],
    ],
    ["an address once", [slice("web", 1), slice("web", 1)], ["127.0.0.1:1"]],
    ["nothing of a Service of the same name elsewhere", [slice("web", 1, {}, "elsewhere")], []],
    ["nothing that is a host name", [{ ...slice("web", 1), addressType: "FQDN" }], []],
    ["nothing of another port", [{ ...slice("web", 1), ports: [{ name: "admin", port: 1 }] }], []],
  ])("uses %s", (_, slices, expected) => {
    const routes = table([ingress("a", "a.test", [{ service: "web", port: 80 }])], [service("web")], slices);
    expect(addresses(routes, "a.test")).toEqual(expected);
  });

  it("pairs the one port without a name", () => {
    const unnamed = { ...service("web"), spec: { ports: [{ port: 80 }] } };
    const slices = [{ ...slice("web", 7), ports: [{ port: 7 }] }];
    const routes = table([ingress("a", "a.test", [{ service: "web", port: 80 }])], [unnamed], slices);
    expect(addresses(routes, "a.test")).toEqual(["127.0.0.1:7"]);
  });
});

describe("matchRoute", () => {
  const routes = table([
    ingress("paths", "a.test", [
      { path: "/", service: "root", port: 80 },
      { path: "/api", service: "api", port: 80 },
      { path: "/api/v2/", service: "v2", port: 80 },
      { path: "/api", pathType: "Exact", service: "exact", port: 80 },
    ]),
    ingress("wild", "*.a.test", [{ service: "wild", port: 80 }]),
    ingress("named", "named.a.test", [{ path: "/only", service: "named", port: 80 }]),
  ]);

  it.each([
    ["a.test", "/", "root"],
    ["a.test", "/apis", "root"],
    ["a.test", "/api", "exact"],
    ["a.test", "/api?x=/y", "exact"],
    ["a.test", "/api/", "api"],
    ["a.test", "/api/v1", "api"],
    ["a.test", "/api/v2", "v2"],
    ["a.test", "/api/v2/x", "v2"],
    ["x.a.test", "/", "wild"],
    ["named.a.test", "/only", "named"],
  ])("%s %s goes to %s", (host, path, name) => {
    expect(backendOf(routes, host, path)).toBe(`team/${name}:80`);
  });

  it.each([
    ["b.test", "/"],
    ["x.y.a.test", "/"],
    [".a.test", "/"],
    ["named.a.test", "/"],
    ["__proto__", "/"],
    ["", "/"],
  ])("%s %s goes nowhere", (host, path) => {
    expect(backendOf(routes, host, path)).toBeUndefined();
  });
});

describe("bareHost", () => {
  it.each([
    ["Hello.Example.com", "hello.example.com"],
    ["a.test:8080", "a.test"],
    ["a.test.:8080", "a.test"],
    ["a.test.", "a.test"],
    ["[::1]:80", "[::1]"],
  ])("%s is %s", (authority, host) => {
    expect(bareHost(authority)).toBe(host);
  });
});
