import { globSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { Deployment, StatefulSet } from "../../api/builtin.ts";
import type { Resource } from "../../api/resource.ts";
import { clientKinds, type StorageClient } from "../../hooks/buildbarn/kinds.ts";
import { restrictedContainer, restrictedPod } from "../../hooks/kube/pod.ts";
import { problems } from "../properties/cluster.ts";
import { objectsOf } from "../properties/farm-model.ts";
import { documents, exampleFarms, examplesFolder, farmOf, programsOf } from "./farm.ts";
import { complaintsAbout } from "./rules.ts";
import { evaluated, fileProblems } from "./strict.ts";

test("every example is tried", () => {
  const tried = new Set(Object.values(exampleFarms).flat());
  const present = globSync("*.yaml", { cwd: examplesFolder }).map((path) => basename(path));
  expect(present.filter((file) => !tried.has(file) && !file.startsWith("monitoring"))).toEqual([]);
});

describe.each(Object.entries(exampleFarms))("%s", (name, files) => {
  const objects = files.flatMap(documents);
  const model = farmOf(objects);

  test("is valid", () => {
    for (const object of objects) expect(problems(object)).toEqual([]);
  });

  test("becomes ready", () => {
    const clients = clientKinds.flatMap((kind) => objectsOf(model, kind as unknown as Resource<StorageClient>));
    const states = clients.map(({ metadata, status }) => `${metadata.name} ${status?.state}`);
    expect(states).toEqual(clients.map(({ metadata }) => `${metadata.name} Ready`));
  });

  test.each(programsOf(model))("$title is what Buildbarn takes", async (program) => {
    const { component, key, text, version } = program;
    const value = evaluated(text);
    expect(fileProblems(key, value, version)).toEqual([]);
    expect(complaintsAbout(program, value)).toEqual([]);
    await expect(text).toMatchFileSnapshot(`generated/${name}/${component}/${key}`);
  });

  const fuse = objectsOf(model, BuildbarnWorker).filter(({ spec }) => spec.buildDirectory.type === "FUSE");
  const pods = [...objectsOf(model, StatefulSet), ...objectsOf(model, Deployment)].map(({ metadata, spec }) => {
    const { securityContext, initContainers = [], containers = [] } = spec?.template.spec ?? {};
    const contexts = [...initContainers, ...containers].map((container) => container.securityContext);
    return { name: metadata.name, app: metadata.labels?.app, pod: securityContext, contexts };
  });

  test.each(pods.filter(({ app }) => app !== "worker"))("$name meets Pod Security restricted", ({ pod, contexts }) => {
    expect(pod).toEqual(restrictedPod);
    expect(contexts).toEqual(contexts.map(() => restrictedContainer));
  });

  test("only pools with FUSE are privileged", () => {
    const privileged = pods.filter(({ contexts }) => contexts.some((context) => context?.privileged));
    expect(privileged.map(({ name }) => name)).toEqual(fuse.map(({ metadata }) => metadata.name));
  });

  test("pods are what they should be", async () => {
    const workloads = [...objectsOf(model, StatefulSet), ...objectsOf(model, Deployment)];
    const templates = Object.fromEntries(
      workloads.map(({ metadata, spec }) => [metadata.name, { replicas: spec?.replicas, ...spec?.template.spec }]),
    );
    await expect(stringify(templates, { aliasDuplicateObjects: false })).toMatchFileSnapshot(
      `generated/${name}/pods.yaml`,
    );
  });
});
