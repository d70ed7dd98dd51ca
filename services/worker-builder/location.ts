/** Keys of what a build reads. */

import { codeFile } from "../../api/workers/code.ts";
import { blobKey, isAccountKey } from "../../api/workers/location.ts";
import { checkedKey } from "../../stores/blob-store.ts";

/** The blob key behind a key or URL. @returns undefined when it lies outside the account's part of the store */
export function keyIn(account: string, storeUrl: string, location: string): string | undefined {
  const key = blobKey(storeUrl, location);
  return isAccountKey(account, key) && isKey(key) ? key : undefined;
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
