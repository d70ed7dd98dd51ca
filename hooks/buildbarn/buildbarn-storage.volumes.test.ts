import { describe, expect, test } from "vitest";
import { plainStorage } from "../../test/objects/buildbarn.ts";
import { atRest, sync } from "../../test/objects/storage.ts";
import { claimsOf, resizeUnsupported, sizeOf, volumeTooSmall, wantedClaims } from "./buildbarn-storage.volumes.ts";

type Spec = Parameters<typeof plainStorage>[0];

describe("volumes", () => {
  const gi = 1024 ** 3;

  test("the usual sizes leave room for the file system, and blocks that hold large blobs", () => {
    const storage = plainStorage();
    const sizes = wantedClaims(storage).map((claim) => ({ name: claim.name, ...sizeOf(storage, claim) }));
    expect(sizes.map(({ name, newBlocks }) => `${name} ${newBlocks}`)).toEqual(["cas 3", "ac 1", "fsac 1"]);
    for (const { keyLocationMapBytes, blocksBytes } of sizes)
      expect(blocksBytes % 4096).toBe(keyLocationMapBytes % 4096);
    const [cas, ac] = sizes;
    expect((cas?.blocksBytes ?? 0) / gi).toBeCloseTo(29.2, 1);
    expect((ac?.blocksBytes ?? 0) / gi).toBeCloseTo(0.77, 1);
  });

  test("sizes may be said", () => {
    const storage = plainStorage({ volumes: { cas: { keyLocationMapBytes: 65_536, blocksBytes: gi, newBlocks: 1 } } });
    expect(sizeOf(storage, wantedClaims(storage)[0] as never)).toEqual({
      keyLocationMapBytes: 65_536,
      blocksBytes: gi,
      newBlocks: 1,
    });
  });

  test.each<[string, Spec, string]>([
    [
      "what is said is more than there is",
      { volumes: { cas: { size: "1Gi", blocksBytes: 2 * gi } } },
      "spec.volumes.cas: keyLocationMapBytes and blocksBytes are 2162581504 together, more than its size of 1Gi",
    ],
    [
      "blocks hold no large blob",
      { volumes: { ac: { size: "32Mi" } } },
      "spec.volumes.ac.size: 32Mi leaves blocks of 266240 bytes, less than maximumMessageSizeBytes: 2097152",
    ],
    ["it is nothing", { volumes: { fsac: { size: "0" } } }, "spec.volumes.fsac.size: 0 leaves blocks of 0 bytes"],
  ])("too small: %s", (_, spec, message) => {
    const storage = plainStorage(spec);
    const verdict = volumeTooSmall(storage, wantedClaims(storage));
    expect(verdict?.reason).toBe("VolumeTooSmall");
    expect(verdict?.message).toContain(message);
    const { kinds, condition } = sync(storage);
    expect(kinds).toEqual(["PodDisruptionBudget", "Service"]);
    expect(condition("Ready")).toMatchObject({ status: "False", reason: "VolumeTooSmall" });
    expect(condition("Degraded")).toMatchObject({ status: "True", reason: "VolumeTooSmall" });
  });

  test("a storage that runs goes on with what it has", () => {
    const stored = atRest(plainStorage());
    const { statefulSet, condition } = sync(plainStorage({ maximumMessageSizeBytes: 10 * gi }), { children: [stored] });
    expect(statefulSet?.metadata.annotations?.["octoplane.io/ingredients"]).toBe(
      stored.metadata.annotations?.["octoplane.io/ingredients"],
    );
    expect(condition("Ready")).toMatchObject({ reason: "VolumeTooSmall" });
  });

  test("the original's templates replace volumes of their name", () => {
    const template = (name: string, spec: object, metadata = {}) => ({
      metadata: { name, ...metadata },
      spec: { resources: { requests: { storage: "50Gi" } }, ...spec },
    });
    const claims = wantedClaims(
      plainStorage({
        volumes: { fsac: { storageClassName: "fast" } },
        volumeClaimTemplates: [
          template("cas", { storageClassName: "ssd", accessModes: ["ReadWriteOncePod"] }, { labels: { a: "b" } }),
          template("ac", { accessModes: [] }),
        ],
      }),
    );
    expect(claims).toEqual([
      { name: "cas", size: "50Gi", accessModes: ["ReadWriteOncePod"], storageClassName: "ssd", labels: { a: "b" } },
      { name: "ac", size: "50Gi", accessModes: ["ReadWriteOnce"] },
      { name: "fsac", size: "1Gi", accessModes: ["ReadWriteOnce"], storageClassName: "fast" },
    ]);
    const bare = plainStorage({ volumeClaimTemplates: [template("cas", {})] });
    expect(wantedClaims(bare)[0]).toEqual({ name: "cas", size: "50Gi", accessModes: ["ReadWriteOnce"] });
  });

  test("those that exist stay as they are, and the user is told", () => {
    const stored = atRest(plainStorage());
    const bigger = plainStorage({ volumes: { cas: { size: "66Gi" }, ac: { storageClassName: "ssd" } } });
    const { statefulSet, condition } = sync(bigger, { children: [stored] });
    expect(statefulSet?.spec?.volumeClaimTemplates).toEqual(stored.spec?.volumeClaimTemplates);
    expect(condition("Degraded")).toMatchObject({ status: "True", reason: "VolumeResizeUnsupported" });
    expect(condition("Degraded")?.message).toContain(
      "spec.volumes.cas: size is 66Gi, the volumes have 33Gi; spec.volumes.ac: storageClassName is ssd, the volumes have none: volumes of a StatefulSet never change",
    );
    expect(condition("Ready")).toMatchObject({ status: "True" });
  });

  test("what a template says of one that exists is told under the template's name", () => {
    const spec = { accessModes: ["ReadWriteMany"], resources: { requests: { storage: "1Gi" } } };
    const shared = plainStorage({ volumeClaimTemplates: [{ metadata: { name: "ac" }, spec }] });
    expect(resizeUnsupported(shared, claimsOf(shared, atRest(plainStorage())))?.message).toContain(
      "spec.volumeClaimTemplates[0].spec: accessModes is ReadWriteMany, the volumes have ReadWriteOnce: volumes",
    );
  });

  test("a class that is left to the cluster is no difference", () => {
    const stored = atRest(plainStorage());
    for (const template of stored.spec?.volumeClaimTemplates ?? [])
      Object.assign(template.spec ?? {}, { storageClassName: "standard" });
    const claims = claimsOf(plainStorage(), stored);
    expect(claims[0]?.storageClassName).toBe("standard");
    expect(resizeUnsupported(plainStorage(), claims)).toBeUndefined();
    expect(resizeUnsupported(plainStorage(), [...claims, ...claims])).toBeUndefined();
  });

  test("templates that say nothing are those that are wanted", () => {
    const stored = atRest(plainStorage());
    const templates = [{ metadata: { name: "cas" } }, { metadata: { name: "ac" }, spec: {} }, {}];
    Object.assign(stored.spec ?? {}, { volumeClaimTemplates: templates });
    expect(claimsOf(plainStorage(), stored)).toEqual(wantedClaims(plainStorage()));
    expect(claimsOf(plainStorage(), { ...stored, spec: undefined } as never)).toEqual(wantedClaims(plainStorage()));
  });

  test("a size in another form is the same size", () => {
    const stored = atRest(plainStorage());
    expect(
      resizeUnsupported(plainStorage({ volumes: { cas: { size: "33792Mi" } } }), claimsOf(plainStorage(), stored)),
    ).toBeUndefined();
    expect(volumeTooSmall(plainStorage(), [{ name: "cas", size: "much", accessModes: [] }])).toBeDefined();
    expect(resizeUnsupported(plainStorage(), [{ name: "cas", size: "much", accessModes: [] }])?.message).toContain(
      "much",
    );
  });
});
