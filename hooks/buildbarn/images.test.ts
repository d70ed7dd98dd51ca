import { expect, test } from "vitest";
import { frontend, scheduler, storage, worker } from "../../test/objects/buildbarn.ts";
import { ask } from "../../test/objects/farm.ts";
import { buildbarnFrontend } from "./buildbarn-frontend.ts";
import { buildbarnStorage } from "./buildbarn-storage.ts";
import { buildbarnWorker } from "./buildbarn-worker.ts";
import { replacedImage } from "./images.ts";

const digest = `sha256:${"0".repeat(64)}`;

test.each([
  ["ghcr.io/bb/storage:1", { newName: "mirror:5000/bb" }, "mirror:5000/bb:1"],
  [`ghcr.io/bb/storage:1@${digest}`, { newName: "mirror/bb" }, `mirror/bb:1@${digest}`],
  [`ghcr.io/bb/storage:1@${digest}`, { newName: "mirror/bb", newTag: "2" }, "mirror/bb:2"],
  ["ghcr.io/bb/storage:1", { newTag: "2" }, "ghcr.io/bb/storage:2"],
  ["ghcr.io/bb/storage:1", { newTag: "2", digest }, `ghcr.io/bb/storage@${digest}`],
  ["ghcr.io/bb/storage", { newName: "mirror/bb" }, "mirror/bb"],
  ["ghcr.io/bb/storage-more:1", { newName: "mirror/bb" }, "ghcr.io/bb/storage-more:1"],
])("%s with %o is %s", (image, replacement, expected) => {
  expect(replacedImage(image, [{ name: "ghcr.io/bb/storage", ...replacement }])).toBe(expected);
});

test("a port is no tag", () => {
  expect(replacedImage("host:5000/bb", [{ name: "host:5000/bb", newTag: "2" }])).toBe("host:5000/bb:2");
});

const farm = [storage(), scheduler()];

const settings = {
  buildbarn: {
    images: [
      { name: "ghcr.io/buildbarn/bb-storage", newName: "registry.test/storage" },
      { name: "busybox", newName: "registry.test/busybox" },
      { name: "mine/runner", newName: "registry.test/runner" },
    ],
  },
};

test("every container of a pod is pulled from there, init containers and images of the user, too", () => {
  const { initContainers = [], containers = [] } =
    ask(buildbarnStorage, storage(), { settings }).statefulSet?.spec?.template.spec ?? {};
  expect([...initContainers, ...containers].map(({ image }) => image)).toEqual([
    "registry.test/busybox:1.31.1-uclibc",
    expect.stringMatching(/^registry\.test\/storage:2026/),
  ]);
  const pool = worker({ runnerImage: "mine/runner:3" });
  const { deployment, status } = ask(buildbarnWorker, pool, { settings, related: farm });
  const runner = deployment?.spec?.template.spec?.initContainers?.find(({ name }) => name === "runner");
  expect(runner?.image).toBe("registry.test/runner:3");
  // What actions ask for is a name, wherever it is pulled from.
  expect(status.platform).toContainEqual({ name: "container-image", value: "docker://mine/runner:3" });
});

test("pods without init containers, too", () => {
  const { deployment } = ask(buildbarnFrontend, frontend(), { settings, related: farm });
  const { initContainers, containers } = deployment?.spec?.template.spec ?? {};
  expect(initContainers).toBeUndefined();
  expect(containers?.map(({ image }) => image)).toEqual([expect.stringMatching(/^registry\.test\/storage:2026/)]);
});
