/** The product's own images, built from its Dockerfile and kept in a registry by the hash of what they are built from. */

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { baseImageVersions, fillBaseImage } from "./base-image.ts";
import { cacheFolder, root } from "./folders.ts";
import { metacontrollerProgram } from "./metacontroller.ts";
import { run } from "./run.ts";

/** Targets of the Dockerfile. */
export const targets = [
  "hooks",
  "workers-api",
  "worker-builder",
  "worker-runtime",
  "router",
  "sweeper",
  "driver",
] as const;

export interface Images {
  /** `host:port/octoplane/TARGET:TAG` each. */
  tag: string;
  /** Where this machine has the real one. */
  metacontroller?: string;
  /** An image with a shell, for tests and as the pods' pause. */
  busybox: string;
  /** Stands in for every program of Buildbarn. */
  buildbarn: string;
}

const buildTimeoutMs = 15 * 60_000;
/** Layers that have been built; registries keep theirs beside it. */
const storage = join(cacheFolder, "buildah");
export const imagesFolder = join(cacheFolder, "registry");

function buildah(args: readonly string[], timeoutMs = buildTimeoutMs): Promise<string> {
  const store = ["--root", join(storage, "root"), "--runroot", join(storage, "run"), "--storage-driver", "overlay"];
  return run("buildah", [...store, ...args], { cwd: root, timeoutMs });
}

/** @param registry `host:port`, reached without TLS */
export async function buildImages(registry: string, onProgress: (what: string) => void): Promise<Images> {
  mkdirSync(storage, { recursive: true });
  const tag = sourceHash();
  const missing = [];
  for (const target of targets) {
    if (!(await isThere(registry, `octoplane/${target}`, tag))) missing.push(target);
  }
  const metacontroller = await buildMetacontroller(registry);
  const images = {
    tag,
    busybox: await buildBusybox(registry),
    buildbarn: await buildStandIn(registry, onProgress),
    ...(metacontroller && { metacontroller }),
  };
  if (missing.length === 0) return images;

  const base = await buildBase(onProgress);
  try {
    for (const [index, target] of missing.entries()) {
      onProgress(`building the image ${target} (${index + 1} of ${missing.length})`);
      await buildTarget(target, base, `${registry}/octoplane/${target}:${tag}`);
    }
  } finally {
    await buildah(["rm", "--all"]); // a failed build leaves its containers, and their mounts
  }
  return images;
}

async function isThere(registry: string, repository: string, tag: string): Promise<boolean> {
  const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
  return (await fetch(`http://${registry}/v2/${repository}/manifests/${tag}`, { method: "HEAD", headers })).ok;
}

async function push(image: string, name: string): Promise<void> {
  await buildah(["push", "--quiet", "--tls-verify=false", "--format=oci", image, `docker://${name}`]);
}

async function buildTarget(target: string, base: string, name: string): Promise<void> {
  const bases = ["BUILD_IMAGE", "BASE_IMAGE", "RUNTIME_IMAGE"].flatMap((each) => ["--build-arg", `${each}=${base}`]);
  const where = ["--isolation=chroot", "--network=host", "--pull-never", "--layers"];
  const image = `localhost/octoplane-${target}`;
  await buildah(["build", ...where, ...bases, "--target", target, "--tag", image, "."]);
  await push(image, name);
}

async function buildBase(onProgress: (what: string) => void): Promise<string> {
  const workerd: string = createRequire(import.meta.url)("workerd").default;
  const name = `localhost/octoplane-base:${hashOf(baseImageVersions())}`;
  if ((await buildah(["images", "--quiet", "--filter", `reference=${name}`])).trim() !== "") return name;
  onProgress("putting a base image together");
  const authorities = "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt";
  await commit(name, ["--env", "PATH=/usr/local/bin:/bin", "--env", authorities], (folder) =>
    fillBaseImage({ folder, programs: [workerd] }),
  );
  return name;
}

async function buildBusybox(registry: string): Promise<string> {
  const tag = hashOf([(await run("busybox", [])).split("\n")[0] ?? ""]);
  const name = `${registry}/busybox:${tag}`;
  if (await isThere(registry, "busybox", tag)) return name;
  const local = "localhost/busybox";
  await commit(local, ["--env", "PATH=/bin", "--cmd", '["tail", "-f", "/dev/null"]'], async (folder) => {
    await run("mkdir", ["-p", join(folder, "bin"), join(folder, "tmp")]);
    await run("cp", [(await run("which", ["busybox"])).trim(), join(folder, "bin", "busybox")]);
    await run("chroot", [folder, "/bin/busybox", "--install", "-s", "/bin"]);
  });
  await push(local, name);
  return name;
}

/** As its own image has it. */
async function buildMetacontroller(registry: string): Promise<string | undefined> {
  const program = metacontrollerProgram();
  if (program === undefined) return undefined;
  const tag = hashOf([readFileSync(program, "latin1")]);
  const name = `${registry}/metacontroller:${tag}`;
  if (await isThere(registry, "metacontroller", tag)) return name;
  const local = "localhost/metacontroller";
  await commit(local, ["--cmd", '["/usr/bin/metacontroller"]', "--user", "65532:65532"], async (folder) => {
    await run("install", ["-D", "-m", "0755", program, join(folder, "usr", "bin", "metacontroller")]);
  });
  await push(local, name);
  return name;
}

/** The sources as they are, under the paths that they have. */
const standIn = {
  files: [
    "test/cluster/buildbarn/stand-in",
    "test/buildbarn/strict.ts",
    "test/buildbarn/config-fields.json",
    "api/buildbarn/versions.ts",
  ],
  program: "test/cluster/buildbarn/stand-in/main.ts",
};

async function buildStandIn(registry: string, onProgress: (what: string) => void): Promise<string> {
  const files = standIn.files.flatMap(filesIn).filter((path) => !path.endsWith(".test.ts"));
  const base = await buildBase(onProgress);
  const tag = hashOf([base, ...files.flatMap((path) => [path, readFileSync(join(root, path), "utf8")])]);
  const name = `${registry}/buildbarn:${tag}`;
  if (await isThere(registry, "buildbarn", tag)) return name;
  const local = "localhost/buildbarn";
  const entrypoint = JSON.stringify(["node", `/stand-in/${standIn.program}`]);
  const fill = async (folder: string) => {
    for (const path of files) cpSync(join(root, path), join(folder, "stand-in", path));
    cpSync(join(root, "package.json"), join(folder, "stand-in", "package.json"));
  };
  await commit(local, ["--entrypoint", entrypoint, "--cmd", "[]"], fill, base);
  await push(local, name);
  return name;
}

type Fill = (folder: string) => Promise<void>;

async function commit(name: string, config: readonly string[], fill: Fill, base = "scratch"): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-image-"));
  const container = (await buildah(["from", "--pull-never", base])).trim();
  try {
    await fill(folder);
    await buildah(["copy", "--quiet", container, folder, "/"]);
    await buildah(["config", ...config, container]);
    await buildah(["commit", "--quiet", container, name]);
  } finally {
    await buildah(["rm", container]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of every file that the Dockerfile may read. */
function sourceHash(): string {
  const allowed = readFileSync(join(root, ".dockerignore"), "utf8").match(/(?<=^!).+/gm) ?? [];
  const files = ["Dockerfile", ...allowed]
    .flatMap((path) => filesIn(path))
    .filter((path) => !path.endsWith(".test.ts"));
  return hashOf(files.sort().flatMap((path) => [path, readFileSync(join(root, path), "utf8")]));
}

function filesIn(path: string): string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesIn(join(path, name)));
}

function hashOf(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex").slice(0, 16);
}
