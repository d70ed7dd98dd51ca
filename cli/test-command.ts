/** For tests: the command, and a Kubernetes-style API with the kinds of the platform for it to talk to. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, CommanderError } from "commander";
import { vi } from "vitest";
import { Namespace } from "../api/builtin.ts";
import { namespaceLabel } from "../api/workers/fields.ts";
import { connect, type KubernetesClient } from "../kubernetes/client.ts";
import { startApiServer } from "../local/apiserver/start.ts";
import { install } from "../local/platform/install.ts";
import { reportFailure } from "./failure.ts";
import { octoplane as command } from "./octoplane.ts";

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs the command in this process; never rejects because it fails. Nothing of the tester's environment chooses a
 * platform.
 */
export async function octoplane(args: readonly string[], environment: Record<string, string> = {}): Promise<Outcome> {
  for (const name of ["KUBECONFIG", "OCTOPLANE_DATA_DIR", "OCTOPLANE_INVOCATION"]) vi.stubEnv(name, environment[name]);
  vi.stubEnv("NO_COLOR", "1");
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  try {
    const code = await exitCodeOf(args);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    stdout.restore();
    stderr.restore();
    vi.unstubAllEnvs();
  }
}

async function exitCodeOf(args: readonly string[]): Promise<number> {
  const program = withoutExit(command());
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    reportFailure(error);
    return 1;
  }
}

function withoutExit(program: Command): Command {
  for (const child of program.commands) withoutExit(child);
  return program.exitOverride();
}

/** What is written to the stream from now on; it may be captured again meanwhile. */
export function capture(stream: NodeJS.WriteStream): { text(): string; restore(): void } {
  let text = "";
  const before = stream.write;
  stream.write = (chunk: string | Uint8Array) => {
    text += chunk;
    return true;
  };
  return {
    text: () => text,
    restore: () => {
      stream.write = before;
    },
  };
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "octoplane-cli-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface TestCluster {
  client: KubernetesClient;
  /** Two contexts of one cluster: `test` with namespace team-a, which may hold accounts, and `other`. */
  kubeconfig: string;
  close(): Promise<void>;
}

/** No hook runs: statuses are what a test writes. */
export async function startCluster(): Promise<TestCluster> {
  const server = await startApiServer({ dataFile: ":memory:" });
  const client = connect({ url: server.url, token: server.token });
  await install(client, "http://127.0.0.1:1");
  await client.create(Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "team-a", labels: { [namespaceLabel]: "enabled" } },
  });
  const folder = temporaryFolder();
  const kubeconfig = join(folder.path, "cluster.yaml");
  writeFileSync(kubeconfig, JSON.stringify(twoContexts(server.url, server.token)));
  return {
    client,
    kubeconfig,
    close: async () => {
      folder.remove();
      await server.close();
    },
  };
}

function twoContexts(url: string, token: string) {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "test", cluster: { server: url } },
      { name: "gone", cluster: { server: "http://127.0.0.1:1" } },
    ],
    users: [{ name: "admin", user: { token } }],
    contexts: [
      { name: "test", context: { cluster: "test", user: "admin", namespace: "team-a" } },
      { name: "other", context: { cluster: "gone", user: "admin" } },
    ],
    "current-context": "test",
  };
}
