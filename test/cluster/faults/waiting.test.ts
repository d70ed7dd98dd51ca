/** What the whole installation lacks is named by every account that waits for it, and heals when it is there again. */

import { execFileSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { ConfigMap, Deployment } from "../../../api/builtin.ts";
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

/** The hook server reads its settings when it starts. @returns the settings, and what changes them */
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
  return { settings, use };
}

/** Puts it right once, at the latest after the test. */
function mending(putRight: () => Promise<void> | void): () => Promise<void> {
  let isWrong = true;
  const mend = async () => {
    if (isWrong) await putRight();
    isWrong = false;
  };
  restored.push(mend);
  return mend;
}

/** As an administrator does with a typo in the settings. */
async function nameMissingBuilder(): Promise<() => Promise<void>> {
  const { settings, use } = await hookSettings();
  const mend = mending(() => use(settings));
  await use(settings.replace(/^(builderImage: .+:).+$/m, "$1missing"));
  return mend;
}

/** Hides what the registry has, and leaves it no room for more. */
async function fillRegistry(): Promise<() => Promise<void>> {
  const { accountsRegistryFolder } = inject("cluster") as InstalledPlatform;
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", accountsRegistryFolder]);
  // Whatever the registry still holds open there goes with it.
  return mending(() => void execFileSync("umount", ["--lazy", accountsRegistryFolder]));
}

test.skipIf(!canMount()).each<[what: string, put: () => Promise<() => Promise<void>>, reason: string, cause: RegExp]>([
  [
    "a builder's image that is not there",
    nameMissingBuilder,
    "WaitingForPod",
    /cannot pull image .*worker-builder:missing.*not found/,
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
