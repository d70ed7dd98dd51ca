/**
 * The same writes to the embedded and to a real API server: what is stored and what is refused must be the same, where
 * the embedded one means to know it (README.md). A difference in defaults would hide a hook that writes for ever.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomResourceDefinition } from "../../api/crd.ts";
import { apiVersionOf, type KubernetesObject } from "../../api/resource.ts";
import { connect, type KubernetesClient, KubernetesError } from "../../kubernetes/client.ts";
import { waitFor } from "../../test/cluster/harness/wait.ts";
import { kubernetesBinary, startControlPlane } from "../../test/worlds/control-plane.ts";
import { startApiServer } from "./start.ts";
import { type Case, cases, Widget, widgets } from "./test-objects.ts";

const reason = kubernetesBinary === undefined ? " (skipped: TEST_KUBERNETES_BIN names no program)" : "";

describe.skipIf(kubernetesBinary === undefined)(`as a real API server${reason}`, () => {
  const clients: KubernetesClient[] = [];
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const embedded = await startApiServer({ dataFile: ":memory:" });
    const plane = await startControlPlane(kubernetesBinary ?? "");
    closing.push(plane.close, embedded.close);
    clients.push(connect({ url: embedded.url, token: embedded.token }), plane.client);
    for (const client of clients) {
      await client.create(CustomResourceDefinition, widgets);
      await waitFor(() => client.list(Widget).then(Boolean), { what: "widgets" });
    }
  }, 120_000);
  afterAll(() => Promise.all(closing.map((close) => close())));

  it.each(cases.map((each, index) => [`${each.resource.kind} ${each.what}`, each, `case-${index}`] as const))(
    "%s",
    async (_, each, name) => {
      const [embedded, real] = await Promise.all(clients.map((client) => outcome(client, each, name)));
      // The real one may find more that is wrong.
      const causes = embedded?.causes && expect.arrayContaining(embedded.causes);
      expect(real).toEqual(causes ? { ...embedded, causes } : embedded);
    },
  );
});

type Outcome = Record<string, unknown> & { causes?: string[] };

/** What is stored in the end, or why it is refused. */
async function outcome(client: KubernetesClient, { resource, fields, change }: Case, name: string): Promise<Outcome> {
  const { metadata = {} } = fields as Partial<KubernetesObject>;
  const object = {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    ...fields,
    metadata: { namespace: "default", name, ...metadata },
  };
  try {
    const created = await client.create(resource, object);
    const stored = change ? await client.replace(resource, change(created as never) as KubernetesObject) : created;
    return comparable(stored);
  } catch (error) {
    if (error instanceof KubernetesError) return refusal(error);
    throw error;
  }
}

function refusal({ status, reason, details }: KubernetesError): Outcome {
  return { status, reason, causes: (details.causes ?? []).map(({ field, reason }) => `${field}: ${reason}`) };
}

const ignored = new Set(["uid", "resourceVersion", "creationTimestamp", "managedFields", "status"]);

function comparable(object: object): Outcome {
  const text = JSON.stringify(object, (field, value) => (ignored.has(field) ? undefined : value));
  const timeless = text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uid>");
  return JSON.parse(timeless.replaceAll(/"10\.(9[6-9]|10\d|11[01])\.\d+\.\d+"/g, '"<address>"'));
}
