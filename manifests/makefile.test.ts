/** The verbs of the Makefile, with a kubectl that only writes down what it is asked for. */

import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { imageTargets, root } from "./test-build.ts";

const isMissing = spawnSync("make", ["--version"], { stdio: "ignore" }).status !== 0;
const makefile = readFileSync(join(root, "Makefile"), "utf8");

interface Made {
  code: number | null;
  output: string;
  /** What the tool was called with, line by line. */
  calls: string[];
}

/** @param answers shell text by the words that a call of the tool begins with */
function make(args: string[], answers: Record<string, string> = {}): Made {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-make-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tool = join(folder, "tool");
  const cases = Object.entries(answers).map(([start, text]) => `"${start}"*) ${text};;`);
  const script = ["#!/bin/sh", `echo "$*" >> "${folder}/calls"`, 'case "$*" in', ...cases, "esac", ""];
  writeFileSync(tool, script.join("\n"));
  writeFileSync(join(folder, "calls"), "");
  chmodSync(tool, 0o755);
  const tools = ["KUBECTL", "CONTAINER_TOOL", "KIND"].map((name) => `${name}=${tool}`);
  const { status, stdout, stderr } = spawnSync("make", [...args, ...tools], { cwd: root, encoding: "utf8" });
  const calls = readFileSync(join(folder, "calls"), "utf8").split("\n").filter(Boolean);
  return { code: status, output: stdout + stderr, calls };
}

const kindsExist = { "get crd": "echo there" };
const accountExists = { ...kindsExist, "get workeraccounts": "echo workeraccount/acme" };
const deleted = ({ calls }: Made) => calls.filter((call) => call.startsWith("delete "));

describe.skipIf(isMissing)(isMissing ? "make is missing" : "make", () => {
  test("help has a line for every verb", () => {
    const verbs =
      /^\.PHONY: (.*)$/m
        .exec(makefile)?.[1]
        ?.split(" ")
        .filter((verb) => verb !== "no-accounts") ?? [];
    const { output, code } = make([]);
    expect(code).toBe(0);
    for (const verb of verbs) expect(output).toMatch(new RegExp(`^ {2}make ${verb} +\\S.*$`, "m"));
    expect(verbs).toEqual(expect.arrayContaining(["install", "deploy", "run", "undeploy", "uninstall", "images"]));
  });

  test("images builds every target, and push pushes it", () => {
    const { calls } = make(["images", "push", "REGISTRY=registry.test", "TAG=1"]);
    const built = calls.flatMap(
      (call) => /^build --target (\S+) --tag registry\.test\/octoplane\/\1:1 \.$/.exec(call)?.[1] ?? [],
    );
    const pushed = calls.flatMap((call) => /^push registry\.test\/octoplane\/(\S+):1$/.exec(call)?.[1] ?? []);
    expect(built.every((target) => imageTargets().includes(target))).toBe(true);
    expect(built).toEqual(
      expect.arrayContaining(["hooks", "workers-api", "worker-builder", "worker-runtime", "sweeper"]),
    );
    expect(pushed).toEqual(built);
  });

  test("an image that cannot be built ends it", () => {
    expect(make(["images"], { "build --target router": "exit 1" }).code).not.toBe(0);
  });

  test("deploy installs kinds before what is of them, and waits", () => {
    const { calls, code } = make(["deploy", "OVERLAY=kind"]);
    const at = (end: string) => calls.findIndex((call) => call.endsWith(end));
    expect(code).toBe(0);
    const order = [
      "-k manifests/crds",
      "-f manifests/metacontroller/crds.yaml",
      "-k manifests/metacontroller",
      "-k manifests/overlays/kind",
    ].map(at);
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(calls.at(-1)).toMatch(/^rollout status deployment .*--timeout=/);
  });

  test("the project's driver comes from the registry of the images", () => {
    const { calls } = make(["deploy", "DRIVER=driver", "REGISTRY=registry.test", "TAG=1"]);
    expect(calls).toContainEqual(expect.stringMatching(/-k manifests\/driver$/));
    expect(calls).toContainEqual(expect.stringMatching(/^set image .*=registry\.test\/octoplane\/driver:1$/));
  });

  test("a folder of one's own is an overlay, too", () => {
    expect(make(["deploy", "OVERLAY=/etc/octoplane"]).calls).toContainEqual(
      expect.stringMatching(/-k \/etc\/octoplane$/),
    );
  });

  test.each(["install", "deploy", "undeploy", "uninstall"])(
    "%s leaves a Metacontroller alone that is not its own",
    (verb) => {
      const { calls, code } = make([verb, "DRIVER=none"]);
      expect(code).toBe(0);
      expect(calls.filter((call) => /metacontroller/.test(call))).toEqual([]);
    },
  );

  test("undeploy deletes by label, and neither kinds nor namespaces", () => {
    const made = make(["undeploy"], accountExists);
    expect(made.code).toBe(0);
    for (const call of deleted(made)) {
      expect(call).toContain("--selector=app.kubernetes.io/part-of=octoplane");
      expect(call).not.toMatch(/crd|customresourcedefinition|namespaces? |worker[a-z]+s\b| -[fk] /);
    }
    expect(deleted(made)[0]).toContain("compositecontrollers"); // before what they call
  });

  test("uninstall deletes nothing while there are accounts", () => {
    const made = make(["uninstall"], accountExists);
    expect(made.code).not.toBe(0);
    expect(made.output).toContain("workeraccount/acme");
    expect(deleted(made)).toEqual([]);
  });

  test.each([
    ["without accounts", [], kindsExist],
    ["with FORCE=true", ["FORCE=true"], accountExists],
    ["where nothing is installed", [], {}],
  ])("uninstall %s takes the kinds away, and the namespaces", (_, args, answers) => {
    const made = make(["uninstall", ...args], answers);
    expect(made.code).toBe(0);
    expect(deleted(made)).toContainEqual(expect.stringContaining("-k manifests/crds"));
    expect(deleted(made)).toContainEqual(expect.stringContaining("namespace octoplane-system"));
    expect(deleted(made)).toContainEqual(expect.stringContaining("manifests/metacontroller/crds.yaml"));
  });

  test("Metacontroller's kinds stay while others use them", () => {
    const made = make(["uninstall"], { ...kindsExist, "get compositecontrollers": "echo compositecontroller/theirs" });
    expect(made.code).toBe(0);
    expect(made.output).toContain("compositecontroller/theirs");
    expect(deleted(made).join("\n")).not.toContain("manifests/metacontroller/crds.yaml");
  });

  test("a cluster that does not answer is no empty one", () => {
    const made = make(["uninstall"], { get: "exit 1" });
    expect(made.code).not.toBe(0);
    expect(deleted(made)).toEqual([]);
  });
});
