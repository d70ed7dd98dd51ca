import { describe, expect, it } from "vitest";
import { imageOf } from "./image-name.ts";
import { graceSeconds, memoryLimit, preStopSeconds, templateHash, tenantVolume, unsupported } from "./template.ts";
import { workerCommand } from "./worker-command.ts";

const begin = ["workerd", "serve", "/worker/config.capnp", "config"];
const command = (...all: string[]) => workerCommand({ name: "c", command: all }, "/image");

describe("workerCommand", () => {
  it("moves files below the image's folder and every socket to a free port of loopback", () => {
    const sockets = ["--socket-addr=a=*:8001", "--socket-addr=b=127.0.0.1:0", "--socket-addr=c=0.0.0.0:8003"];
    expect(command(...begin, ...sockets)).toEqual({
      args: [
        ...["serve", "/image/worker/config.capnp", "config"],
        ...["--socket-addr=a=127.0.0.1:0", "--socket-addr=b=127.0.0.1:0", "--socket-addr=c=127.0.0.1:0"],
      ],
      sockets: new Map([
        ["a", 8001],
        ["b", undefined],
        ["c", 8003],
      ]),
    });
  });

  it.each([
    [["sh", "-c", "true"]],
    [["workerd", "compile", "/worker/config.capnp", "config"]],
    [["workerd", "serve", "/etc/passwd", "config"]],
    [["workerd", "serve", "/worker/../../etc/passwd", "config"]],
    [["workerd", "serve", "/worker/config.capnp", "--watch"]],
    [[...begin, "--debug-port=127.0.0.1:1"]],
    [[...begin, "--directory-path=x=/"]],
    [[...begin, "--socket-addr=a=unix:/tmp/x"]],
    [[...begin, "--socket-addr=a"]],
    [[]],
  ])("refuses %j", (all) => {
    expect(command(...all)).toMatchObject({ waiting: { reason: "CommandNotRunnable" } });
  });
});

describe("imageOf", () => {
  const programs = ["octoplane.local/worker-builder"];

  it.each([
    ["octoplane.local/worker-builder", { type: "program", name: programs[0] }],
    ["octoplane.local/worker-builder:1.0", { type: "program", name: programs[0] }],
    ["octoplane.local/acme:v1", { type: "worker", account: "acme", tag: "v1" }],
  ])("%s", (reference, expected) => {
    expect(imageOf(reference, "octoplane.local", programs)).toEqual(expected);
  });

  it.each([
    "nginx",
    "",
    "octoplane.local/acme",
    "octoplane.local/../x:v1",
    "octoplane.local/a/b:v1",
    "octoplane.local/acme:../v1",
    "octoplane.local/acme:v1@sha256:00",
    "evil.test/octoplane.local/acme:v1",
  ])("%j is refused by name", (reference) => {
    expect(imageOf(reference, "octoplane.local", programs)).toMatchObject({
      waiting: { reason: "ImageNotRunnable", message: expect.stringContaining(JSON.stringify(reference)) },
    });
  });
});

describe("a pod template", () => {
  const container = { name: "c" };

  it("has one hash, whatever the order of its fields", () => {
    const one = templateHash({ metadata: { labels: { a: "1", b: "2" } }, spec: { containers: [container] } });
    expect(templateHash({ spec: { containers: [container] }, metadata: { labels: { b: "2", a: "1" } } })).toBe(one);
    expect(templateHash({ spec: { containers: [container] } })).not.toBe(one);
  });

  it.each<[string, object, string | undefined]>([
    ["one container", { containers: [container] }, undefined],
    ["emptyDir", { containers: [container], volumes: [{ name: "tmp", emptyDir: {} }] }, undefined],
    [
      "files",
      {
        containers: [container],
        volumes: [
          { name: "m", configMap: { name: "x" } },
          { name: "s", secret: { secretName: "x" } },
        ],
      },
      undefined,
    ],
    ["two containers", { containers: [container, container] }, "spec.containers: exactly one, not 2"],
    ["init containers", { containers: [container], initContainers: [container] }, "spec.initContainers"],
    ["other volumes", { containers: [container], volumes: [{ name: "v", hostPath: { path: "/" } }] }, 'volume "v"'],
    ["other probes", { containers: [{ ...container, livenessProbe: { exec: { command: ["x"] } } }] }, "livenessProbe"],
  ])("with %s", (_, spec, message) => {
    expect(unsupported({ spec } as never)?.message).toEqual(message && expect.stringContaining(message));
  });

  it.each([
    ["emptyDir", { emptyDir: {} }, false],
    ["a ConfigMap", { configMap: { name: "x" } }, true],
    ["a Secret", { secret: { secretName: "x" } }, true],
  ])("of a tenant with a volume of %s, refused: %s", (_, source, isRefused) => {
    const template = { spec: { containers: [container], volumes: [{ name: "v", ...source }] } };
    expect(tenantVolume(template)?.message.includes('volume "v"') ?? false).toBe(isRefused);
  });

  it.each([
    ["128Mi", 134_217_728],
    ["1Gi", 1_073_741_824],
    ["500k", 500_000],
    ["1.5M", 1_500_000],
    ["1000", 1_000],
    ["much", undefined],
  ])("memory of %s is %s bytes", (memory, bytes) => {
    expect(memoryLimit({ ...container, resources: { limits: { memory } } })).toBe(bytes);
  });

  it("says how it wants to end", () => {
    const lifecycle = { preStop: { sleep: { seconds: 3 } } } as never;
    expect(preStopSeconds({ spec: { containers: [{ ...container, lifecycle }] } })).toBe(3);
    expect(graceSeconds({ spec: { containers: [container] } })).toBe(30);
  });
});
