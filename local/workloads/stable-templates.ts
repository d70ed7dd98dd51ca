/** The template of each Deployment that served last, kept on disk: a platform that restarts still has it beside a newer one that fails. */

import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PodTemplate } from "./template.ts";

export interface StableTemplates {
  load(uid: string): Promise<PodTemplate | undefined>;
  save(uid: string, template: PodTemplate): Promise<void>;
  remove(uid: string): Promise<void>;
  /** Removes those of Deployments that exist no more. */
  keepOnly(uids: ReadonlySet<string>): Promise<void>;
}

export function stableTemplates(directory: string): StableTemplates {
  const file = (uid: string) => join(directory, `${checkedUid(uid)}.json`);
  return {
    async load(uid) {
      const text = await readFile(file(uid), "utf8").catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as PodTemplate);
    },
    async save(uid, template) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(`${file(uid)}.new`, JSON.stringify(template), { mode: 0o600 });
      await rename(`${file(uid)}.new`, file(uid));
    },
    remove: (uid) => rm(file(uid), { force: true }),
    async keepOnly(uids) {
      const names = await readdir(directory).catch(() => []);
      const stale = names.filter((name) => !uids.has(name.replace(/\.json$/, "")));
      await Promise.all(stale.map((name) => rm(join(directory, name), { force: true })));
    },
  };
}

function checkedUid(uid: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(uid)) throw new TypeError(`${JSON.stringify(uid)} is not the uid of an object`);
  return uid;
}
