/** What the whole installation lacks is named by every account that waits for it, and heals when it is there again. */

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { ConfigMap, Deployment } from "../../../api/builtin.ts";
import { openImageStore } from "../../../stores/image.ts";
import type { Project } from "../../e2e/harness/project.ts";
import { canMount } from "../../e2e/harness/read-only.ts";
import { startWorld, type World } from "../../e2e/harness/world.ts";
import type { InstalledPlatform } from "../installed.ts";
import { octoplaneStatus, reasonBecomes } from "../patience.ts";
import { hookServer, settled, system } from "../platform.ts";

let world: World;
let project: Project;

function files(text: string): Record<string, string> {
  return {
    "wrangler.jsonc": JSON.stringify({ name: "patient", main: "index.js", compatibility_date: "2026-01-01" }),
    "index.js": `export default { fetch() { return new Response("${text}"); } };`,
  };
}

beforeAll(async () => {
  world = await startWorld();
  project = world.project(files("first"));
  const first = await project.wrangler(["deploy"]);
  expect(first, first.text).toMatchObject({ code: 0 });
});
afterAll(() => world.close());

/** What leaves everything as it was before the test. */
const restored: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const restore of restored.splice(0)) await restore();
});

/** The settings, and how to change them until the end of the test: the hook server reads its settings when it starts. */
async function hookSettings() {
  const { client } = world;
  const deployment = await client.get(Deployment, hookServer);
  const volumes = deployment?.spec?.template.spec?.volumes ?? [];
  const name = volumes.find((volume) => volume.name === "settings")?.configMap?.name ?? "";
  const key = { namespace: system, name };
  const settings = (await client.get(ConfigMap, key))?.data?.["settings.yaml"] ?? "";
  const use = async (text: string) => {
    await client.mergePatch(ConfigMap, key, { data: { "settings.yaml": text } });
    const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() };
    await client.mergePatch(Deployment, hookServer, { spec: { template: { metadata: { annotations } } } } as never);
    await settled(client, hookServer);
  };
  restored.push(() => use(settings));
  return { settings, use };
}

/** As an installation does whose images have not been pushed yet. @returns what pushes it */
async function nameMissingBuilder(): Promise<() => Promise<unknown>> {
  const { settings, use } = await hookSettings();
  const [, place = "", repository = "", present = ""] = /^builderImage: (.+)\/(.+):(.+)$/m.exec(settings) ?? [];
  const missing = `missing-${randomBytes(4).toString("hex")}`;
  await use(settings.replace(`${repository}:${present}`, `${repository}:${missing}`));
  const images = await openImageStore(`registry://${place}?plainHttp=true`, repository);
  return async () => {
    const manifest = await images.getManifest(present);
    await images.putManifest(missing, manifest?.bytes ?? new Uint8Array(), manifest?.mediaType ?? "");
    restored.push(() => images.deleteTag(missing));
  };
}

/** Hides what the registry has, and leaves it no room for more. */
async function fillRegistry(): Promise<() => Promise<unknown>> {
  const { accountsRegistryFolder } = inject("cluster") as InstalledPlatform;
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", accountsRegistryFolder]);
  let isFull = true;
  const mend = async () => {
    // Whatever the registry still holds open there goes with it.
    if (isFull) execFileSync("umount", ["--lazy", accountsRegistryFolder]);
    isFull = false;
  };
  restored.push(mend);
  return mend;
}

test
  .skipIf(!canMount())
  .each<[what: string, put: () => Promise<() => Promise<unknown>>, reason: string, cause: RegExp]>([
    [
      "a builder's image that is not there",
      nameMissingBuilder,
      "WaitingForPod",
      /cannot pull image .*worker-builder:missing-.*not found/,
    ],
    ["a registry that is full", fillRegistry, "ImageStoreUnwritable", /no space left on device/],
  ])(
  "%s",
  async (what, put, reason, cause) => {
    const before = (await world.ask("patient")).text;
    const mend = await put();
    project.write(files(what));
    const deploy = project.wrangler(["deploy"]);
    await reasonBecomes(world, reason);
    expect(await octoplaneStatus(world)).toMatch(cause);
    const { code, text } = await deploy;
    expect([code, text]).toEqual([1, expect.stringMatching(cause)]);
    expect(await world.ask("patient")).toMatchObject({ status: 200, text: before });

    await mend();
    await expect.poll(() => world.ask("patient"), { timeout: 240_000, interval: 500 }).toMatchObject({ text: what });
  },
  400_000,
);
