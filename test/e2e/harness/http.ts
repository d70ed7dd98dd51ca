/** Asks the router for a host. Names of tests are in no DNS, so the Host header says it. */

import { Agent, request } from "node:http";

export interface Request {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  agent?: Agent;
}

export interface Answer {
  status: number;
  text: string;
  headers: Record<string, string | string[] | undefined>;
}

const timeoutMs = 15_000;

export function keepAliveAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 4 });
}

/** @param router its URL */
export function ask(
  router: string,
  host: string,
  { path = "/", method = "GET", headers = {}, body, agent }: Request = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const options = { path, method, headers: { ...headers, host }, timeout: timeoutMs };
    const outgoing = request(router, agent === undefined ? options : { ...options, agent }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
      response.on("error", reject);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`${host}: no answer within ${timeoutMs} ms`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
