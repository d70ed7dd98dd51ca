/** A registry for the platform's own images, one for the accounts' with a password, and an S3 server. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hash } from "bcryptjs";
import { stringify } from "yaml";
import type { Start } from "./control-plane.ts";
import { clusterFolder } from "./folders.ts";
import { nodeAddress } from "./network.ts";
import { freePorts } from "./ports.ts";
import { endedEarly } from "./processes.ts";
import type { Programs } from "./programs.ts";
import { waitFor } from "./wait.ts";

export interface Stores {
  /** `host:port` of the registry that anybody may read and write: the platform's own images. */
  images: string;
  /** `host:port` of the registry of accounts. */
  accounts: string;
  registryUser: { username: string; password: string };
  s3: { endpoint: string; bucket: string; accessKeyId: string; secretAccessKey: string };
  /** Folder of the S3 server, one below per bucket. */
  s3Folder: string;
  /** Folder of the accounts' registry. */
  accountsFolder: string;
}

const folder = join(clusterFolder, "stores");
const registryUser = { username: "octoplane", password: "a-registry-password" };
const bucket = "octoplane";
const keys = { accessKeyId: "octoplane", secretAccessKey: "an-s3-secret-key" };

/** @param imagesFolder storage of the first registry, with what has been built */
export async function startStores(programs: Programs, imagesFolder: string, start: Start): Promise<Stores> {
  const [imagesPort = 0, accountsPort = 0, s3Port = 0] = await freePorts(3, nodeAddress);
  const accountsFolder = join(folder, "accounts");
  const s3Folder = join(folder, "s3");
  for (const path of [accountsFolder, join(s3Folder, bucket)]) mkdirSync(path, { recursive: true });
  const passwords = join(folder, "htpasswd");
  writeFileSync(passwords, `${registryUser.username}:${await hash(registryUser.password, 4)}\n`);

  const registry = (name: string, port: number, storage: string, auth: object = {}) => {
    const config = join(folder, `${name}.yaml`);
    writeFileSync(config, registryConfig(port, storage, auth));
    return start({ name, command: programs.registry, args: ["serve", config] });
  };
  const started = [
    registry("registry-images", imagesPort, imagesFolder),
    registry("registry-accounts", accountsPort, accountsFolder, { htpasswd: { realm: "octoplane", path: passwords } }),
    start({
      name: "s3",
      command: programs.versitygw,
      args: ["--port", `${nodeAddress}:${s3Port}`, "posix", s3Folder],
      env: { ROOT_ACCESS_KEY: keys.accessKeyId, ROOT_SECRET_KEY: keys.secretAccessKey },
    }),
  ];
  for (const [port, what] of [
    [imagesPort, "the images' registry"],
    [accountsPort, "the accounts' registry"],
    [s3Port, "the S3 server"],
  ] as const) {
    await waitFor(() => fetch(`http://${nodeAddress}:${port}/v2/`), {
      what,
      unless: () => started.map(endedEarly).find((text) => text !== undefined),
    });
  }
  return {
    images: `${nodeAddress}:${imagesPort}`,
    accounts: `${nodeAddress}:${accountsPort}`,
    registryUser,
    s3: { endpoint: `http://${nodeAddress}:${s3Port}`, bucket, ...keys },
    s3Folder,
    accountsFolder,
  };
}

function registryConfig(port: number, storage: string, auth: object): string {
  return stringify({
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: `${nodeAddress}:${port}` },
    ...(Object.keys(auth).length === 0 ? {} : { auth }),
  });
}
