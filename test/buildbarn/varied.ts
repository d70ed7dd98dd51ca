/** Farms that differ from the examples in what their configuration is made of. */

import fc from "fast-check";
import { BuildbarnBrowser } from "../../api/buildbarn/buildbarn-browser.ts";
import { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { newestVersion, type VersionName } from "../../api/buildbarn/versions.ts";
import type { Kind } from "../../api/kind.ts";
import type { AnyObject, JsonRecord } from "../../local/driver/json.ts";
import { settings } from "../objects/workers.ts";
import { objectFor, specOf } from "../properties/arbitrary.ts";
import { keyOf, latest, update } from "../properties/cluster.ts";
import type { FarmModel } from "../properties/farm-model.ts";
import { rest } from "../properties/farm-pods.ts";
import { farmOf } from "./farm.ts";

/** The version that farms are of; with TEST_BUILDBARN_VERSION another one than the newest, as the programs on PATH are. */
export const version = (process.env.TEST_BUILDBARN_VERSION || newestVersion) as VersionName;

export interface Specs {
  storage?: JsonRecord;
  scheduler?: JsonRecord;
  frontend?: JsonRecord;
  browser?: JsonRecord;
  /** Pools by name. */
  workers?: Record<string, JsonRecord>;
}

const kinds = {
  storage: BuildbarnStorage,
  scheduler: BuildbarnScheduler,
  frontend: BuildbarnFrontend,
  browser: BuildbarnBrowser,
};

/** One resource of each kind, with these specs. */
export function farm({ workers = { worker: {} }, ...specs }: Specs = {}): AnyObject[] {
  const one = (kind: unknown, name: string, spec: JsonRecord = {}) =>
    objectFor(kind as Kind, name, { version, ...spec });
  return [
    ...Object.entries(kinds).map(([name, kind]) => one(kind, name, specs[name as keyof typeof kinds])),
    ...Object.entries(workers).map(([name, spec]) => one(BuildbarnWorker, name, spec)),
  ];
}

function everywhere(spec: JsonRecord): Specs {
  return { storage: spec, scheduler: spec, frontend: spec, browser: spec, workers: { worker: spec } };
}

/** A storage whose blobs are still looked for where the former map has them. */
function migrating(): FarmModel {
  const [storage, ...clients] = farm({ storage: { resharding: { readFallbackSeconds: 10_000_000 } } }) as [AnyObject];
  const model = farmOf([storage, ...clients]);
  const stored = latest(model.cluster, keyOf(storage)) as AnyObject;
  update(model.cluster, { ...stored, spec: { ...(stored.spec as JsonRecord), replicas: 3 } });
  rest(model);
  return model;
}

const clientTls = { secretName: "client-tls" };
const tls = { secretName: "server-tls" };
const pool = [{ name: "pool", value: "a" }];
const policies: JsonRecord[] = [
  { policy: "Deny" },
  { policy: "InstanceNamePrefixes", instanceNamePrefixes: ["", "team/a"] },
  { policy: "Expression", expression: "authenticationMetadata.public.user == 'ci \"main\"'" },
];
const [deny, prefixes, expression] = policies as [JsonRecord, JsonRecord, JsonRecord];

export const variedFarms: Record<string, () => FarmModel> = {
  "nothing said": () => farmOf(farm()),
  "nobody to link to": () => farmOf(farm().filter(({ kind }) => kind !== BuildbarnBrowser.kind)),
  "addresses in full": () => farmOf(farm(), { ...settings, buildbarn: { clusterDomain: "cluster.local" } }),
  "sixty-four shards": () => farmOf(farm({ storage: { replicas: 64 } })),
  "one shard": () => farmOf(farm({ storage: { replicas: 1 } })),
  "former shards are still read": migrating,
  "servers with certificates": () =>
    farmOf(farm({ storage: { tls }, scheduler: { tls }, frontend: { tls }, workers: { worker: {} } })),
  "clients with certificates": () =>
    farmOf(
      farm({
        storage: { tls: { ...tls, clientCertificates: true } },
        scheduler: { tls: { ...tls, clientCertificates: true }, clientTls },
        frontend: { tls: { ...tls, clientCertificates: true }, clientTls },
        browser: { clientTls, externalUrl: "https://builds.example.com/browser" },
        workers: { worker: { clientTls } },
      }),
    ),
  "every policy": () =>
    farmOf(
      farm({
        storage: { auth: { get: deny, put: prefixes, findMissing: expression } },
        frontend: { auth: { get: expression, put: deny, findMissing: prefixes, execute: expression } },
        scheduler: {
          auth: { execute: prefixes, modifyDrains: expression, killOperations: deny, synchronize: prefixes },
        },
        browser: { auth: { view: expression } },
      }),
    ),
  "sizes and prefixes": () =>
    farmOf(
      farm({
        workers: {
          small: { platform: pool, sizeClass: 1, instanceNamePrefix: "team/a" },
          large: { platform: pool, sizeClass: 16, instanceNamePrefix: "team/a", replicas: 0 },
          other: { platform: [], predeclared: true, environment: { GREETING: `say "\${std.extVar('A')}"\n` } },
        },
      }),
    ),
  "a size and none": () =>
    farmOf(farm({ workers: { small: { platform: pool }, large: { platform: pool, sizeClass: 4 } } })),
  "properties out of order": () =>
    farmOf(
      farm({
        workers: {
          worker: {
            predeclared: true,
            platform: ["z", "a", "é", "Z", "a b", "日本"].flatMap((name) => [
              { name, value: "2" },
              { name, value: "10" },
            ]),
          },
        },
      }),
    ),
  "small volumes": () =>
    farmOf(
      farm({
        storage: {
          maximumMessageSizeBytes: 65_536,
          volumes: { cas: { size: "64Mi", newBlocks: 8 }, ac: { size: "32Mi" }, fsac: { size: "32Mi" } },
        },
        workers: {
          worker: { buildDirectory: { type: "FUSE", cacheSize: "128Mi", filePoolSize: "1Mi", volumeSize: "192Mi" } },
        },
      }),
    ),
  "large volumes": () =>
    farmOf(
      farm({
        storage: { volumes: { cas: { size: "16Ti" }, ac: { size: "1Ti" }, fsac: { size: "1Ti" } } },
        workers: { worker: { concurrency: 4096, buildDirectory: { type: "FUSE", cacheSize: "8Ti" } } },
      }),
    ),
  "large messages": () =>
    farmOf(
      farm({
        ...everywhere({ maximumMessageSizeBytes: 67_108_864 }),
        storage: {
          maximumMessageSizeBytes: 67_108_864,
          volumes: { cas: { size: "100Gi" }, ac: { size: "10Gi" }, fsac: { size: "10Gi" } },
        },
      }),
    ),
  overrides: () =>
    farmOf(
      farm({
        frontend: { configOverrides: { supportedCompressors: ["ZSTD"], executeAuthorizer: { allow: null, deny: {} } } },
        browser: { configOverrides: { global: { diagnosticsHttpServer: { enablePprof: null } } } },
        workers: { worker: { runnerConfigOverrides: { global: { diagnosticsHttpServer: { enablePprof: null } } } } },
      }),
    ),
};

const unsaid = [
  "configMapName",
  "configShards",
  "configOverrides",
  "runnerConfigOverrides",
  "storageRef",
  "schedulerRef",
  "browserRef",
];
const mostPods = 3;

/** Few pods, and a certificate for whoever asks. */
function withFewPods(spec: JsonRecord): JsonRecord {
  const { autoscaling, replicas = 1 } = spec as { autoscaling?: JsonRecord; replicas?: number };
  return {
    ...spec,
    replicas: Math.min(mostPods, replicas),
    ...(autoscaling === undefined ? {} : { autoscaling: { ...autoscaling, minReplicas: 0 } }),
  };
}

function anySpec(kind: unknown): fc.Arbitrary<JsonRecord> {
  return specOf(kind as Kind).map((spec) =>
    withFewPods(Object.fromEntries(Object.entries(spec).filter(([field]) => !unsaid.includes(field)))),
  );
}

/** Sizes that fit; others are refused before anything is generated. */
const anyVolumes = fc
  .record({ newBlocks: fc.integer({ min: 1, max: 8 }), size: fc.constantFrom("8Gi", "33Gi", "100G") })
  .map(({ newBlocks, size }) => ({ cas: { size, newBlocks }, ac: { size }, fsac: { size } }));

const anyDirectory = fc.record({
  type: fc.constantFrom("Native", "FUSE"),
  cacheSize: fc.constantFrom("1Gi", "4G", "0.5Ti"),
  cacheFiles: fc.integer({ min: 1, max: 1_000_000 }),
  filePoolSize: fc.constantFrom("1", "1Mi", "1.5Gi"),
});

function anyClient(kind: unknown): fc.Arbitrary<JsonRecord> {
  return anySpec(kind).map((spec) => ({ clientTls, ...spec }));
}

const anyPool = fc
  .tuple(anyClient(BuildbarnWorker), anyDirectory)
  .map(([spec, buildDirectory]) => ({ ...spec, buildDirectory }));

/** Anything that the schemas allow, but for references and configuration that is written by hand. */
export const anyFarm: fc.Arbitrary<AnyObject[]> = fc
  .record({
    storage: fc.tuple(anySpec(BuildbarnStorage), anyVolumes).map(([{ volumeClaimTemplates: _, ...spec }, volumes]) => ({
      ...spec,
      replicas: Number(spec.replicas) || 1,
      volumes,
    })),
    scheduler: anyClient(BuildbarnScheduler).map((spec) => ({ ...spec, replicas: 1 })),
    frontend: anyClient(BuildbarnFrontend),
    browser: anyClient(BuildbarnBrowser),
    workers: fc.record({ a: anyPool, b: anyPool }),
  })
  .map((specs) => farm(specs as unknown as Specs));
