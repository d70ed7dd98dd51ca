import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { ports } from "../../api/buildbarn/names.ts";
import type { VersionName } from "../../api/buildbarn/versions.ts";
import { waitFor } from "../cluster/harness/wait.ts";
import { type FarmModel, objectsOf } from "../properties/farm-model.ts";
import { farmOf } from "./farm.ts";
import { type NativeFarm, nativeFarm, reasonAgainstFarm, reasonAgainstFuse } from "./native/farm.ts";
import {
  type ActionOptions,
  type Digest,
  type Property,
  type RemoteExecution,
  remoteExecution,
} from "./native/remote-execution.ts";
import { farm as resources, variedFarms, version } from "./varied.ts";

const size = "256Mi";
const model = farmOf(
  resources({
    storage: { replicas: 2, volumes: { cas: { size }, ac: { size }, fsac: { size } } },
    frontend: { replicas: 1 },
    workers: { worker: { replicas: 1, concurrency: 2, environment: { GREETING: "hello" } } },
  }),
);
/** What a user is told to ask for. */
const platform = objectsOf(model, BuildbarnWorker)[0]?.status?.platform as Property[];

/** Versions of the protocol that Bazel must speak at least. */
const oldestProtocol: Record<VersionName, string> = { "2026-06": "2.3", "2025-08": "2.0" };

/** Farms that a machine has room for, and that need no file systems of their own. */
const heavy = ["sixty-four shards", "small volumes", "large volumes"];
const startable = Object.entries(variedFarms).filter(([name]) => !heavy.includes(name));

let farm: NativeFarm;
let client: RemoteExecution;

/** A line in this file for every time that the action runs. */
const traceFile = () => join(farm.folder, "trace");
const traces = () => (existsSync(traceFile()) ? readFileSync(traceFile(), "utf8") : "");

const large = Buffer.alloc(3 * 1024 * 1024, "Octoplane ");

function copying(): ActionOptions {
  return {
    script: `echo once >> ${traceFile()}; cat small large > both; echo "$GREETING" > greeting`,
    inputs: { small: Buffer.from("small "), large },
    outputs: ["both", "greeting"],
    platform,
  };
}

async function output(name: string, { outputFiles }: { outputFiles: { path: string; digest: never }[] }) {
  const found = outputFiles.find(({ path }) => path === name);
  return found === undefined ? undefined : client.read(found.digest);
}

/** As Bazel does: what has run is not run again. */
async function built(options: ActionOptions) {
  const { action, uploaded } = await client.upload(options);
  const before = await client.cached(action);
  return { action, uploaded, isCached: before !== undefined, result: before ?? (await client.execute(action)) };
}

/** An action that says when it has begun, and ends when it is told to. */
async function heldAction(name: string) {
  const begun = join(farm.folder, `${name}.begun`);
  const release = join(farm.folder, `${name}.release`);
  const script = `: > ${begun}; while [ ! -e ${release} ]; do sleep 0.02; done; echo finished > out`;
  const { action } = await client.upload({ script, outputs: ["out"], platform });
  const result = client.execute(action);
  await waitFor(() => existsSync(begun), { what: `${name} has begun` });
  return { action, result, release: () => writeFileSync(release, "") };
}

describe.skipIf(reasonAgainstFarm !== undefined)(
  `a farm of Buildbarn's own programs${reasonAgainstFarm === undefined ? "" : ` (${reasonAgainstFarm})`}`,
  { timeout: 120_000 },
  () => {
    beforeAll(async () => {
      farm = await nativeFarm(model);
      await farm.start();
      client = remoteExecution(farm.address("frontend", ports.frontend));
    }, 120_000);

    afterAll(async () => {
      client?.close();
      await farm?.remove();
    });

    test("says that it runs actions", async () => {
      expect(await client.capabilities()).toMatchObject({ execEnabled: true, low: oldestProtocol[version] });
    });

    test("runs an action once: then its result is in the cache", async () => {
      const first = await built(copying());
      expect(first).toMatchObject({ uploaded: 5, isCached: false, result: { exitCode: 0 } });
      expect((await output("both", first.result as never))?.equals(Buffer.concat([Buffer.from("small "), large]))).toBe(
        true,
      );
      expect((await output("greeting", first.result as never))?.toString()).toBe("hello\n");
      expect(JSON.parse(first.result.executionMetadata.worker)).toMatchObject({ pod: "POD_NAME", node: "NODE_NAME" });

      const second = await built(copying());
      expect(second).toMatchObject({ uploaded: 0, isCached: true });
      expect(second.result.outputFiles).toEqual(first.result.outputFiles);
      expect(traces()).toBe("once\n");
    });

    test("does not keep the result of an action that fails", async () => {
      const failing = { script: "echo no >&2; exit 3", platform };
      const { action, result } = await built(failing);
      expect(result.exitCode).toBe(3);
      expect(await client.cached(action)).toBeUndefined();
    });

    test("refuses actions of a platform that no pool has", async () => {
      const { action } = await client.upload({ script: "true", platform: [{ name: "OSFamily", value: "plan9" }] });
      await expect(client.execute(action)).rejects.toThrow(/No workers|UNAVAILABLE|FAILED_PRECONDITION/);
    });

    test("shows the action on a page", async () => {
      const { action } = await built(copying());
      const url = `http://${farm.address("browser", ports.browser)}/blobs/sha256/action/${action.hash}-${action.sizeBytes}/`;
      const page = await fetch(url);
      const text = await page.text();
      expect(page.status).toBe(200);
      expect(text).toContain("<title>Buildbarn Browser</title>");
      expect(text).toContain("greeting");
    });

    test("shows its queues on a page", async () => {
      const page = await fetch(`http://${farm.address("scheduler", ports.schedulerAdmin)}/`);
      expect(await page.text()).toContain("OSFamily");
    });

    test("still has the result after a restart of everything", async () => {
      await farm.stop();
      await farm.start();
      const again = await built(copying());
      expect(again).toMatchObject({ uploaded: 0, isCached: true });
      expect((await output("greeting", again.result as never))?.toString()).toBe("hello\n");
      expect(traces()).toBe("once\n");
    });

    test("a worker that is told to stop finishes its action, and its runner after it", async () => {
      const action = await heldAction("stopped");
      const names = ["worker/worker", "worker/runner"];
      const pod = names.map((name) => farm.program(name));
      for (const program of pod) program.stop();
      for (const name of names) await waitFor(() => farm.log(name).includes("graceful shutdown"), { what: name });
      expect(pod.map((program) => program.isRunning())).toEqual([true, true]);

      action.release();
      expect(await action.result).toMatchObject({ exitCode: 0, outputFiles: [{ path: "out" }] });
      expect(await client.cached(action.action)).toMatchObject({ exitCode: 0 });
      await Promise.all(pod.map(({ ended }) => ended));
      for (const name of names) expect(farm.log(name)).not.toContain("Fatal error");
    });

    test.each(startable)("takes the configuration of a farm with %s", async (_, makeModel) => {
      const other = await nativeFarm(makeModel());
      try {
        await other.start();
      } finally {
        await other.remove();
      }
    });

    test.skipIf(reasonAgainstFuse !== undefined)(
      `loads inputs when actions read them, with FUSE${reasonAgainstFuse === undefined ? "" : ` (${reasonAgainstFuse})`}`,
      async () => {
        const lazy = await nativeFarm(variedFarms["small volumes"]?.() as FarmModel);
        const reader = remoteExecution(lazy.address("frontend", ports.frontend));
        try {
          await lazy.start();
          const inputs = { read: Buffer.from("read"), other: Buffer.from("other") };
          const { action } = await reader.upload({
            script: "ls > out; cat read >> out",
            inputs,
            outputs: ["out"],
            platform,
          });
          const { exitCode, outputFiles } = await reader.execute(action);
          expect(exitCode).toBe(0);
          const text = (await reader.read(outputFiles[0]?.digest as Digest)).toString();
          expect(text.split("\n").sort()).toEqual(["other", "out", "read", "read"]);
        } finally {
          reader.close();
          await lazy.remove();
        }
      },
    );

    test("with certificates on all sides lets in who has one", async () => {
      const secured = await nativeFarm(variedFarms["clients with certificates"]?.() as FarmModel);
      const address = secured.address("frontend", ports.frontend);
      const { authority = "", pair } = secured.certificates ?? {};
      const root = Buffer.from(authority);
      const insider = remoteExecution(
        address,
        "",
        credentials.createSsl(root, Buffer.from(pair?.key ?? ""), Buffer.from(pair?.certificate ?? "")),
      );
      const stranger = remoteExecution(address, "", credentials.createSsl(root));
      try {
        await secured.start();
        const { action } = await insider.upload({ script: "echo hello > out", outputs: ["out"], platform });
        expect(await insider.execute(action)).toMatchObject({ exitCode: 0 });
        expect(await insider.cached(action)).toMatchObject({ exitCode: 0 });
        await expect(stranger.cached(action)).rejects.toThrow(/UNAVAILABLE|UNAUTHENTICATED/);
      } finally {
        insider.close();
        stranger.close();
        await secured.remove();
      }
    });
  },
);
