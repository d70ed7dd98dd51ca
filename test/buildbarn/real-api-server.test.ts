/** A real API server evaluates the rules of the Buildbarn kinds: what breaks one is refused, and says why. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Namespace } from "../../api/builtin.ts";
import { CustomResourceDefinition, crdOf } from "../../api/crd.ts";
import type { Kind } from "../../api/kind.ts";
import { apiVersionOf, type KubernetesObject, type Resource } from "../../api/resource.ts";
import { farmKinds } from "../../hooks/buildbarn/kinds.ts";
import { waitFor } from "../cluster/harness/wait.ts";
import { type ControlPlane, kubernetesBinary, startControlPlane } from "../worlds/control-plane.ts";
import { legal, saidOtherwise, schemaViolations, type Violation, violations } from "./violations.ts";

const reason = kubernetesBinary === undefined ? " (skipped: TEST_KUBERNETES_BIN names no program)" : "";
const namespace = "farm";

describe.skipIf(kubernetesBinary === undefined)(`rules on a real API server${reason}`, () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane(kubernetesBinary ?? "");
    const { client } = plane;
    await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    for (const kind of farmKinds) {
      await client.create(CustomResourceDefinition, crdOf(kind as unknown as Kind));
      await waitFor(() => client.list(kind as Resource).then(Boolean), { what: kind.plural });
    }
  }, 120_000);
  afterAll(() => plane?.close());

  /** What the API server says; undefined where it stores the object. */
  async function refusal({ kind, name = "tried", spec = {} }: Pick<Violation, "kind" | "name" | "spec">) {
    const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { namespace, name }, spec };
    try {
      await plane.client.create(kind as Resource, object as KubernetesObject);
    } catch (error) {
      return (error as Error).message;
    }
    await plane.client.delete(kind as Resource, object.metadata);
    return undefined;
  }

  test.each([...violations, ...saidOtherwise])("$kind.kind: $what", async (violation) => {
    const { field, message } = violation;
    const said = await refusal(violation);
    expect(said).toContain(message);
    expect(said).toContain(`${field === "" ? "<nil>" : field}: Invalid value`);
  });

  test.each(schemaViolations)("$kind.kind: $what", async (violation) => {
    expect(await refusal(violation)).toContain(violation.field);
  });

  test.each(legal)("$kind.kind may have $what", async (each) => {
    expect(await refusal(each)).toBeUndefined();
  });
});
