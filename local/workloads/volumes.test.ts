import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ConfigMap, Secret } from "../../api/builtin.ts";
import { temporaryFolder } from "../../stores/test-folder.ts";
import type { Volume } from "./template.ts";
import { type Mounts, mountVolumes, relocated } from "./volumes.ts";

const configMap: ConfigMap = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "m" },
  data: { "a.json": "[]", b: "schlüssel" },
  binaryData: { c: Buffer.from([0, 255]).toString("base64") },
};
const secret: Secret = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s" },
  data: { ".dockerconfigjson": Buffer.from("{}").toString("base64") },
};
const sources = {
  configMap: (name: string) => (name === "m" ? configMap : undefined),
  secret: (name: string) => (name === "s" ? secret : undefined),
};

async function mount(volume: Omit<Volume, "name">) {
  const home = await temporaryFolder();
  const container = { name: "c", volumeMounts: [{ name: "v", mountPath: "/etc/v" }] };
  const template = { spec: { containers: [container], volumes: [{ name: "v", ...volume }] } };
  return { home, mounts: await mountVolumes(template, container, sources, home) };
}

describe("mountVolumes", () => {
  it.each<[string, Omit<Volume, "name">, Record<string, Buffer>]>([
    [
      "all of a ConfigMap",
      { configMap: { name: "m" } },
      { "a.json": Buffer.from("[]"), b: Buffer.from("schlüssel"), c: Buffer.from([0, 255]) },
    ],
    [
      "an entry of a Secret under another name",
      { secret: { secretName: "s", items: [{ key: ".dockerconfigjson", path: "deep/config.json" }] } },
      { "deep/config.json": Buffer.from("{}") },
    ],
    ["nothing of an optional Secret that is not there", { secret: { secretName: "none", optional: true } }, {}],
    [
      "what there is of an optional ConfigMap",
      {
        configMap: {
          name: "m",
          optional: true,
          items: [
            { key: "b", path: "b" },
            { key: "none", path: "d" },
          ],
        },
      },
      { b: Buffer.from("schlüssel") },
    ],
  ])("writes %s, for its process alone", async (_, volume, files) => {
    const folder = ((await mount(volume)).mounts as Mounts).get("/etc/v") ?? "";
    for (const [path, content] of Object.entries(files)) {
      expect(await readFile(join(folder, path))).toEqual(content);
      expect((await stat(join(folder, path))).mode & 0o777).toBe(0o600);
    }
  });

  it.each<[Omit<Volume, "name">, string]>([
    [{ configMap: { name: "none" } }, 'configmap "none" not found'],
    [{ secret: { secretName: "none" } }, 'secret "none" not found'],
    [{ configMap: { name: "m", items: [{ key: "x", path: "x" }] } }, "references non-existent config key: x"],
    [{ secret: { secretName: "s", items: [{ key: "x", path: "x" }] } }, "references non-existent secret key: x"],
    [{ configMap: { name: "m", items: [{ key: "b", path: "../b" }] } }, '"../b" is no path below the volume'],
    [{ configMap: { name: "m", items: [{ key: "b", path: "/b" }] } }, '"/b" is no path below the volume'],
  ])("waits, in the kubelet's words: %j", async (volume, why) => {
    const message = `MountVolume.SetUp failed for volume "v" : ${why}`;
    expect((await mount(volume)).mounts).toEqual({ waiting: { reason: "FailedMount", message } });
  });

  it("has no files for an emptyDir", async () => {
    expect((await mount({ emptyDir: {} })).mounts).toEqual(new Map());
  });
});

describe("relocated", () => {
  it.each([
    ["/etc/v", "/run/p/0"],
    ["/etc/v/a.json", "/run/p/0/a.json"],
    ["/etc/values", "/etc/values"],
    ["s3://etc/v/a.json", "s3://etc/v/a.json"],
    ["", ""],
  ])("%s is %s", (value, path) => {
    expect(relocated({ FILE: value }, new Map([["/etc/v", "/run/p/0"]]))).toEqual({ FILE: path });
  });
});
