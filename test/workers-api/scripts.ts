/** What tests do with scripts, in few words. */

import { Secret } from "../../api/builtin.ts";
import { type Answer, hello, moduleUpload, type Part, type World } from "./world.ts";

/** Code that answers with `text`. */
export function answering(text: string): Part[] {
  return [{ name: "index.js", content: hello.replace("hello", text) }];
}

/** `world` is asked for at each call, since tests start it later. */
export function scriptsOf(world: () => World) {
  return {
    put: (script: string, text = "hello", metadata: object = {}): Promise<Answer> =>
      world().call("PUT", `~/workers/scripts/${script}`, moduleUpload(metadata, answering(text))),

    post: (script: string, text = "hello", metadata: object = {}): Promise<Answer> =>
      world().call("POST", `~/workers/scripts/${script}/versions`, moduleUpload(metadata, answering(text))),

    deploy: (script: string, version: string, query = ""): Promise<Answer> =>
      world().call("POST", `~/workers/scripts/${script}/deployments${query}`, {
        strategy: "percentage",
        versions: [{ version_id: version, percentage: 100 }],
      }),

    deploymentsOf: async (script: string) =>
      (await world().call("GET", `~/workers/scripts/${script}/deployments`)).result.deployments,

    secretValues: async (version: string): Promise<Record<string, string>> => {
      const secret = await world().client.get(Secret, { namespace: "default", name: `worker-${version}` });
      const entries = Object.entries(secret?.data ?? {});
      return Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, "base64").toString()]));
    },
  };
}
