/** Where a worker's code may lie: in its account's own part of the blob store, and nowhere else. */

import { codeFile } from "../../api/workers/code.ts";
import { checkedKey } from "../../stores/blob-store.ts";

/** The blob key behind a key or URL. @returns undefined when it lies outside the account's part of the store */
export function keyIn(account: string, storeUrl: string, location: string): string | undefined {
  const root = `${storeUrl.replace(/\?.*$/, "").replace(/\/$/, "")}/`;
  const key = location.startsWith(root) ? location.slice(root.length) : location;
  return key.startsWith(`accounts/${account}/`) && isKey(key) ? key : undefined;
}

function isKey(key: string): boolean {
  try {
    return checkedKey(key) === key;
  } catch {
    return false;
  }
}

export function descriptionKey(prefix: string): string {
  return `${prefix}/${codeFile}`;
}
