/**
 * Versions of Buildbarn: images that belong together, and what their configuration looks like. Buildbarn has no release
 * numbers: a version is named after the month of the example deployment that pins the same images
 * (https://github.com/buildbarn/bb-deployments). Unknown and removed configuration fields are fatal to Buildbarn, so
 * that every difference between two versions is a field here.
 */

export interface BuildbarnVersion {
  images: {
    storage: string;
    scheduler: string;
    worker: string;
    runnerInstaller: string;
    browser: string;
    /** Where actions run, unless a pool names its own. */
    runner: string;
  };
  /** How a blob client names its server: `{client: {address}}` since March 2026, `{address}` before. */
  grpcBackend: "client" | "address";
  /** How the runner starts: the installer brought tini along until January 2026. */
  runnerCommand: readonly string[];
}

const registry = "ghcr.io/buildbarn";
const runner = "ghcr.io/catthehacker/ubuntu:act-22.04";

export const versions = {
  "2026-06": {
    images: {
      storage: `${registry}/bb-storage:20260609T094425Z-10acc76`,
      scheduler: `${registry}/bb-scheduler:20260527T162223Z-c48dcda`,
      worker: `${registry}/bb-worker:20260527T162223Z-c48dcda`,
      runnerInstaller: `${registry}/bb-runner-installer:20260527T162223Z-c48dcda`,
      browser: `${registry}/bb-browser:20260415T065533Z-ee35c54`,
      runner: `${runner}@sha256:dd7654ffb01d5b7b54b23b9ce928a1f7f2d08c7b3d7e320b6574b55d7ccde78b`,
    },
    grpcBackend: "client",
    runnerCommand: ["/bb/bb_runner"],
  },
  "2025-08": {
    images: {
      storage: `${registry}/bb-storage:20250827T121715Z-fbb7c11`,
      scheduler: `${registry}/bb-scheduler:20250820T081613Z-efef252`,
      worker: `${registry}/bb-worker:20250820T081613Z-efef252`,
      runnerInstaller: `${registry}/bb-runner-installer:20250820T081613Z-efef252`,
      browser: `${registry}/bb-browser:20250820T143915Z-823deb2`,
      runner: `${runner}@sha256:5f9c35c25db1d51a8ddaae5c0ba8d3c163c5e9a4a6cc97acd409ac7eae239448`,
    },
    grpcBackend: "address",
    runnerCommand: ["/bb/tini", "-v", "--", "/bb/bb_runner"],
  },
} as const satisfies Record<string, BuildbarnVersion>;

export type VersionName = keyof typeof versions;
export const versionNames = Object.keys(versions) as VersionName[];
/** What a new resource gets; those that exist keep theirs. */
export const newestVersion: VersionName = "2026-06";

/** Makes the folders that Buildbarn expects to exist. */
export const folderImage = "busybox:1.31.1-uclibc";
