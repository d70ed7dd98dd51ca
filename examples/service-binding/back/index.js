import { WorkerEntrypoint } from "cloudflare:workers";

const prices = new Map([
  ["tea", 3],
  ["cake", 4],
]);

export class Prices extends WorkerEntrypoint {
  /** Sum of the prices; what is not sold costs nothing. */
  total(items) {
    return items.reduce((sum, item) => sum + (prices.get(item) ?? 0), 0);
  }
}

export default {
  async fetch(request) {
    return new Response(`you asked for ${new URL(request.url).pathname}\n`);
  },
};
