import { describe, expect, it } from "vitest";
import { ConfigMap, Event, Namespace } from "../../api/builtin.ts";
import type { Condition } from "../../api/status.ts";
import { PurgeUnsupported } from "../../stores/error.ts";
import { type TestInstallation, testInstallation } from "../../test/sweeper/installation.ts";
import { account, codeFolder } from "./test-resources.ts";

const namespace = "octoplane-system";

interface Published {
  finishedAt: string;
  conditions: Condition[];
  failed: object[];
  purgeUnsupported: string[];
}

async function installed(): Promise<
  TestInstallation & { published: () => Promise<Published>; events: () => Promise<string[]> }
> {
  const installation = await testInstallation();
  const { client, fill } = installation;
  await fill();
  await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  return {
    ...installation,
    async published() {
      const { data = {} } = (await client.get(ConfigMap, { namespace, name: "octoplane-sweep-report" })) ?? {};
      return JSON.parse(data["report.json"] ?? "") as Published;
    },
    events: async () =>
      (await client.list(Event)).items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`),
  };
}

const refusing = (installation: TestInstallation) => async (name: string) => ({
  ...(await installation.openImages(name)),
  deleteTag: (tag: string) => Promise.reject(new PurgeUnsupported(tag)),
});

describe("a sweep's report", () => {
  it("says that everything is gone", async () => {
    const { sweeper, published, events } = await installed();
    await sweeper({ reportNamespace: namespace }).sweep();
    expect(await published()).toMatchObject({
      finishedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      conditions: [
        {
          type: "Swept",
          status: "True",
          reason: "Complete",
          message: "deleted 3 blobs, 1 images and 1 Secrets of 9 that were looked at",
        },
        { type: "PurgeUnsupported", status: "False", reason: "Supported" },
      ],
      examined: { blob: 5, image: 2, secret: 2 },
      deleted: { blob: 3, image: 1, secret: 1 },
      failed: [],
      purgeUnsupported: [],
    });
    expect(await events()).toEqual([]);
  });

  it("names the images that a registry keeps, and warns", async () => {
    const installation = await installed();
    const { sweeper, published, events } = installation;
    await sweeper({ reportNamespace: namespace, openImages: refusing(installation) }).sweep();
    const message = `the registry does not delete: its operator has to remove 1 images, such as ${account}:t2`;
    expect(await published()).toMatchObject({
      conditions: [
        { type: "Swept", status: "True" },
        { type: "PurgeUnsupported", status: "True", message },
      ],
      purgeUnsupported: [`${account}:t2`],
    });
    expect(await events()).toEqual([`Warning PurgeUnsupported: ${message}`]);
  });

  it("keeps the time of a condition until its status changes", async () => {
    const installation = await installed();
    const { sweeper, published, client } = installation;
    const reportNamespace = namespace;
    await sweeper({ reportNamespace }).sweep();
    const key = { namespace, name: "octoplane-sweep-report" };
    const { data = {} } = (await client.get(ConfigMap, key)) ?? {};
    const old = (data["report.json"] ?? "").replaceAll(
      /"lastTransitionTime": "[^"]+"/g,
      '"lastTransitionTime": "2020-01-01T00:00:00Z"',
    );
    await client.mergePatch(ConfigMap, key, { data: { "report.json": old } });
    await installation.pushImage("t9");
    await sweeper({ reportNamespace, openImages: refusing(installation) }).sweep();
    const [swept, purgeUnsupported] = (await published()).conditions;
    expect(swept?.lastTransitionTime).toBe("2020-01-01T00:00:00Z");
    expect(purgeUnsupported?.lastTransitionTime).not.toBe("2020-01-01T00:00:00Z");
  });

  it("says what could not be deleted", async () => {
    const { sweeper, blobStore, published, events } = await installed();
    const stubborn = { ...blobStore, delete: () => Promise.reject(new Error("busy")) };
    await sweeper({ reportNamespace: namespace, blobStore: stubborn }).sweep();
    const { conditions, failed } = await published();
    expect(failed).toContainEqual({ name: `${codeFolder(2)}/m0`, reason: "busy" });
    expect(conditions[0]).toMatchObject({
      status: "False",
      reason: "DeletionsFailed",
      message: expect.stringContaining("busy"),
    });
    expect(await events()).toEqual([expect.stringMatching(/^Warning DeletionsFailed: /)]);
  });

  it("says why nothing was swept", async () => {
    const { sweeper, published, events } = await installed();
    const openImages = () => Promise.reject(new Error("the registry is away"));
    await expect(sweeper({ reportNamespace: namespace, openImages }).sweep()).rejects.toThrow("away");
    expect(await published()).toMatchObject({
      conditions: [
        { type: "Swept", status: "False", reason: "ListFailed", message: "nothing was deleted: the registry is away" },
        { type: "PurgeUnsupported", status: "Unknown" },
      ],
      failed: [{ name: "the sweep", reason: "the registry is away" }],
    });
    expect(await events()).toEqual(["Warning ListFailed: nothing was deleted: the registry is away"]);
  });

  it("that cannot be written is no reason not to sweep", async () => {
    const { sweeper } = await installed();
    const warnings: string[] = [];
    const log = { info: () => undefined, warn: (_fields: object, message: string) => void warnings.push(message) };
    const report = await sweeper({ reportNamespace: "nowhere", log }).sweep();
    expect(report.deleted.image).toEqual([`${account}:t2`]);
    expect(warnings).toEqual(["the report of the sweep was not written"]);
  });
});
