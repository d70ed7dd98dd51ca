/** Test support: an account with stores of its own, to upload to and to build. */

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { WorkerCode } from "../../api/workers/code.ts";
import { envPrefix } from "../../api/workers/names.ts";
import { type Source, writeCode } from "../../runtime/test-code.ts";
import { temporaryFolder } from "../../stores/test-folder.ts";
import type { WorkerInput } from "./input.ts";
import type { BuildReport } from "./report.ts";
import { run } from "./run.ts";

export const account = "acme";

export async function newInstallation() {
  const root = await temporaryFolder();
  const blobs = join(root, "blobs");
  const env: Record<string, string> = {
    ACCOUNT: account,
    BLOB_STORE: pathToFileURL(blobs).href,
    IMAGE_STORE: `oci:${join(root, "images")}`,
    TARGET_IMAGE: `octoplane.local/${account}:v1`,
    RUNTIME_BASE: "workerd-local",
    REPORT: `reports/${account}/job.json`,
  };

  return {
    root,
    blobs,
    env,

    /** Uploads code as the API does. */
    async upload(script: string, sources: string | Source[], changes: Partial<WorkerCode> = {}): Promise<WorkerInput> {
      const staged = await mkdtemp(join(root, "upload-"));
      const description = JSON.stringify(await writeCode(staged, sources, changes));
      const digest = createHash("sha256").update(description).digest("hex");
      const url = `accounts/${account}/scripts/${script}/${digest}`;
      const folder = join(blobs, url);
      await mkdir(folder, { recursive: true });
      await writeCode(folder, sources, changes);
      await writeFile(join(folder, "worker.json"), description);
      return { script, url, digest, envPrefix: envPrefix(script) };
    },

    /** Writes the file that says what is built, as it is mounted into the pod. */
    async plan(workers: WorkerInput[] | string): Promise<{ WORKERS_FILE: string }> {
      const file = join(await mkdtemp(join(root, "plan-")), "workers.json");
      await writeFile(file, typeof workers === "string" ? workers : JSON.stringify(workers));
      return { WORKERS_FILE: file };
    },

    async build(workers: WorkerInput[] | string, changes: Record<string, string> = {}): Promise<BuildReport> {
      return run({ ...env, ...(await this.plan(workers)), ...changes }, new AbortController().signal);
    },
  };
}

export type Installation = Awaited<ReturnType<typeof newInstallation>>;

export function answering(text: string): string {
  return `export default { fetch() { return new Response(${JSON.stringify(text)}); } };`;
}
