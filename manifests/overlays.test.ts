/** Each overlay is a whole installation: settings, images, programs that bear the loss of a pod, closed doors. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { composites } from "../hooks/composites.ts";
import { compositeName } from "../hooks/contract/composite.ts";
import type { CompositeController } from "../hooks/contract/manifest.ts";
import { readSettings } from "../installation/settings.ts";
import {
  allBuilds,
  containersOf,
  imageTargets,
  type Manifest,
  nameOf,
  overlays,
  podTemplates,
  reasonAgainstBuilds,
} from "./test-build.ts";

const builds = await allBuilds();
const platforms = builds.filter(([name]) => overlays.some((overlay) => name.startsWith(overlay)));
const folder = mkdtempSync(join(tmpdir(), "octoplane-overlays-"));
afterAll(() => rmSync(folder, { recursive: true }));

function ofKind(objects: readonly Manifest[], kind: string): Manifest[] {
  return objects.filter((object) => object.kind === kind);
}

/** What others publish, pinned. */
const foreign = ["metacontrollerio/metacontroller:v4.17.2", "registry:3", "versity/versitygw:v1.8.0"];

/** `host:port/octoplane/hooks:tag` -> `hooks`; undefined for an image that is not the project's own. */
function targetOf(image: string): string | undefined {
  return /^(?:.+\/)?octoplane\/([a-z-]+)(?::[\w.-]+)?$/.exec(image)?.[1];
}

if (reasonAgainstBuilds !== undefined) test.skip(`manifests as kubectl builds them: ${reasonAgainstBuilds}`);

describe.each(builds)("%s", (_, objects) => {
  test("runs images that the Dockerfile makes, or pinned ones", () => {
    const images = podTemplates(objects).flatMap(({ spec }) => containersOf(spec).map(({ image = "" }) => image));
    const unknown = images.filter(
      (image) => !imageTargets().includes(targetOf(image) ?? "") && !foreign.includes(image),
    );
    expect(unknown).toEqual([]);
  });

  test("keeps every namespace to Pod Security restricted", () => {
    const levels = ofKind(objects, "Namespace").map(
      ({ metadata }) => metadata.labels?.["pod-security.kubernetes.io/enforce"],
    );
    expect(new Set(levels)).toEqual(new Set(["restricted"]));
  });

  test("is an object once", () => {
    const names = objects.map(nameOf);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe.each(platforms)("%s", (_, objects) => {
  const settingsMap = ofKind(objects, "ConfigMap").find(({ metadata }) =>
    metadata.name.startsWith("octoplane-settings"),
  );

  test("has settings that programs take, with images that the Dockerfile makes", () => {
    const path = join(folder, "settings.yaml");
    writeFileSync(path, settingsMap?.data?.["settings.yaml"] ?? "");
    const { builderImage, runtimeBase, credentials, imagePrefix, imageStore } = readSettings(path);
    expect([builderImage, runtimeBase].map(targetOf)).toEqual(["worker-builder", "worker-runtime"]);
    expect(imagePrefix.split("/").slice(1).join("/")).toBe(new URL(imageStore).pathname.slice(1));
    expect(credentials).toEqual({ registrySecret: "docker-hub", s3Secret: "s3-credentials", awsConfig: "aws-config" });
  });

  test("rolls its programs when the settings change: their name has a hash of the content", () => {
    expect(settingsMap?.metadata.name).toMatch(/^octoplane-settings-[a-z0-9]{10}$/);
  });

  test("deletes nothing of a user's with what bears its label", () => {
    const labelled = objects.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/part-of"] === "octoplane");
    const allowed = labelled.filter(({ kind, metadata }) => kind !== "Secret" && metadata.name !== "aws-config");
    expect(labelled).toEqual(allowed);
    expect(labelled.map(nameOf)).toContain("Namespace octoplane-system");
    expect(ofKind(objects, "CustomResourceDefinition")).toEqual([]);
  });

  const programs = ofKind(objects, "Deployment").filter(({ metadata }) => metadata.namespace === "octoplane-system");
  test.each(programs.map((program) => [program.metadata.name, program] as const))(
    "%s bears the loss of a pod",
    (name, { spec }) => {
      const { replicas, strategy, template } = spec as {
        replicas: number;
        strategy: { rollingUpdate: object };
        template: { spec: { topologySpreadConstraints: object[]; containers: Record<string, unknown>[] } };
      };
      expect(replicas).toBeGreaterThan(1);
      expect(strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
      expect(template.spec.topologySpreadConstraints).toHaveLength(1);
      expect(template.spec.containers).toMatchObject([
        {
          readinessProbe: expect.anything(),
          livenessProbe: expect.anything(),
          lifecycle: { preStop: { sleep: { seconds: 5 } } },
        },
      ]);
      expect(objects.map(nameOf)).toContain(`PodDisruptionBudget octoplane-system/${name}`);
    },
  );

  test("lets nobody in who is not named", () => {
    const policies = ofKind(objects, "NetworkPolicy").map(({ spec }) => spec);
    expect(policies).toContainEqual({ podSelector: {}, policyTypes: ["Ingress"] });
  });

  test("has the hook server where the CompositeControllers look for it, and its certificate for that name", () => {
    const service = objects.find((object) => nameOf(object) === "Service octoplane-system/octoplane-hooks");
    expect(service?.spec).toMatchObject({ ports: [{ port: 443 }] });
    const job = podTemplates(objects).find(({ owner }) => owner.metadata.name === "octoplane-certificates");
    expect(job?.spec.containers[0]?.env).toContainEqual({ name: "SERVICE", value: "octoplane-hooks" });
    for (const { spec } of ofKind(objects, "CompositeController") as unknown as CompositeController[]) {
      expect(spec.endpointConfigs).toMatchObject([{ host: "octoplane-hooks.octoplane-system:443" }]);
    }
    expect(ofKind(objects, "CompositeController").map(({ metadata }) => metadata.name)).toEqual(
      composites.map(compositeName).sort(),
    );
  });
});
