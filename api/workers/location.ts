/** Where a worker's code may lie: in its account's own part of the blob store, and nowhere else. */

/** What URLs of blobs start with: the store's URL without its options, with a slash at the end. */
export function storeRoot(storeUrl: string): string {
  return `${storeUrl.replace(/\?.*$/, "").replace(/\/$/, "")}/`;
}

/** The key that a location means: a key as it is, a URL in the store without the store. */
export function blobKey(storeUrl: string, location: string): string {
  const root = storeRoot(storeUrl);
  return location.startsWith(root) ? location.slice(root.length) : location;
}

/** Whether a key lies in the account's own part: no other tenant's, and no way out of it. */
export function isAccountKey(account: string, key: string): boolean {
  const isHarmless = key.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  return isHarmless && key.startsWith(`accounts/${account}/`);
}
