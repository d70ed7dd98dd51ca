import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "octoplane-settings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const good = {
  domain: "example.test",
  urlScheme: "https",
  ingressClassName: "octoplane",
  blobStore: "s3://bucket/prefix",
  imageStore: "registry://registry.test/workers",
  imagePrefix: "registry.test/workers",
  builderImage: "builder:1",
  runtimeBase: "runtime:1",
  drainSeconds: 5,
  settleSeconds: 10,
  workerMemory: "512Mi",
};

function read(settings: object) {
  const path = join(folder, "settings.yaml");
  writeFileSync(path, JSON.stringify(settings));
  return readSettings(path);
}

test("settings are read as they are written", () => {
  expect(read(good)).toEqual(good);
});

test.each([
  [{ ...good, blobStore: "ftp://x" }, /blobStore must match pattern.*"ftp:\/\/x"/],
  [{ ...good, drainSeconds: -1 }, /drainSeconds must be >= 0 \(it is -1\)/],
  [{ ...good, domain: undefined }, /settings must have required property 'domain'/],
])("a wrong field is named with its rule and its value", (settings, reason) => {
  expect(() => read(settings)).toThrow(reason);
});
