/** Each rule of the Buildbarn kinds: what breaks it is refused by the API server, and by the hooks where it is not. */

import { describe, expect, test } from "vitest";
import { crdOf } from "../../api/crd.ts";
import type { Kind } from "../../api/kind.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import type { Rule } from "../../api/schema.ts";
import { buildbarnComposites } from "../../hooks/buildbarn/composites.ts";
import type { Composite } from "../../hooks/contract/composite.ts";
import { type Schema, setDefaults } from "../../local/apiserver/structural.ts";
import { validatorOf } from "../../local/apiserver/validation.ts";
import { browser, frontend, scheduler, storage, worker } from "../objects/buildbarn.ts";
import { ask } from "../objects/farm.ts";
import { stored } from "../objects/workers.ts";
import { legal, saidOtherwise, schemaViolations, type Violation, violations } from "./violations.ts";

const farm = [storage(), scheduler(), frontend(), browser(), worker()];

function schemaOf(kind: Kind): Schema {
  const [version] = crdOf(kind).spec.versions as { schema: { openAPIV3Schema: Schema } }[];
  return version?.schema.openAPIV3Schema ?? {};
}

function objectOf({ kind, name, spec = {} }: Pick<Violation, "kind" | "name" | "spec">): KubernetesObject {
  const usual = kind.kind.replace("Buildbarn", "").toLowerCase();
  const object = stored(
    kind as never,
    { name: name ?? usual, uid: `uid-${kind.kind}-${usual}` } as never,
    spec as never,
  );
  setDefaults(object, schemaOf(kind));
  return object;
}

function problems(object: KubernetesObject, kind: Kind) {
  return validatorOf(schemaOf(kind))(structuredClone(object) as never);
}

function ready(object: KubernetesObject) {
  const composite = buildbarnComposites.find(({ parent }) => parent.kind === object.kind) as unknown as Composite;
  const related = farm.filter(({ kind }) => kind !== object.kind);
  const { condition } = ask(composite as never, object as never, { related: [...related, object] });
  return condition("Ready");
}

/** The rules at a path: `spec.auth.get`. */
function rulesAt(schema: Schema, path: string): Rule[] {
  const at = path
    .split(/[.[]/)
    .filter((part) => part !== "")
    .reduce<Schema>((found, part) => (/^\d+\]$/.test(part) ? found.items : found.properties?.[part]) ?? {}, schema);
  return (at["x-kubernetes-validations"] ?? []) as Rule[];
}

describe.each(violations)("$kind.kind: $what", (violation) => {
  const { kind, field, told = field, message } = violation;

  test("is against a rule of the definition", () => {
    expect(rulesAt(schemaOf(kind), field).map((rule) => rule.message)).toContain(message);
  });

  test("is refused by the hook in the same words", () => {
    const object = objectOf(violation);
    expect(problems(object, kind)).toEqual([]);
    expect(ready(object)).toMatchObject({ status: "False", reason: "InvalidSpec", message: `${told}: ${message}` });
  });
});

test.each(saidOtherwise)("$kind.kind: $what", (violation) => {
  const { kind, field, message, reason, told, said } = violation;
  expect(rulesAt(schemaOf(kind), field).map((rule) => rule.message)).toContain(message);
  expect(ready(objectOf(violation))).toMatchObject({ reason, message: `${told}: ${said}` });
});

test.each(schemaViolations)("$kind.kind: $what", (violation) => {
  const { kind, field, message } = violation;
  expect(problems(objectOf(violation), kind)).toEqual([
    expect.objectContaining({ field, message: expect.stringContaining(message) }),
  ]);
});

test.each(legal)("$kind.kind may have $what", (each) => {
  const object = objectOf(each);
  expect(problems(object, each.kind)).toEqual([]);
  expect(ready(object)?.reason).not.toMatch(/^(InvalidSpec|InstanceNameInvalid|VolumeTooSmall)$/);
});

test("every rule of every kind is among those that are broken here", () => {
  const rules = (path: string, kind: string, schema: Schema): string[] => [
    ...((schema["x-kubernetes-validations"] ?? []) as Rule[]).map(({ message }) => `${kind} ${path}: ${message}`),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, part]) =>
      rules(path === "" ? name : `${path}.${name}`, kind, part),
    ),
    ...(schema.items === undefined ? [] : rules(`${path}[0]`, kind, schema.items)),
  ];
  const all = buildbarnComposites.flatMap(({ parent }) => rules("", parent.kind, schemaOf(parent as unknown as Kind)));
  const broken = [...violations, ...saidOtherwise].map(
    ({ kind, field, message }) => `${kind.kind} ${field}: ${message}`,
  );
  expect([...new Set(broken)].sort()).toEqual([...new Set(all)].sort());
});
