/** CustomResourceDefinitions: themselves a kind, and what makes others. */

import type { Resource } from "../../api/resource.ts";
import { crdColumns, type PrinterColumn, printerColumns } from "./crd-columns.ts";
import { invalidValue, required } from "./field-error.ts";
import { type Kind, storageName } from "./kind.ts";
import { timestamp } from "./metadata.ts";
import type { ApiObject } from "./object.ts";
import type { StatusCause } from "./status.ts";
import { dropNulls, prune, type Schema, setDefaults } from "./structural.ts";
import { ruleProblems } from "./transition.ts";
import { type Validator, validatorOf } from "./validation.ts";

export interface CustomResourceDefinition extends ApiObject {
  spec: {
    group: string;
    scope: "Namespaced" | "Cluster";
    names: {
      plural: string;
      kind: string;
      singular?: string;
      listKind?: string;
      shortNames?: string[];
      categories?: string[];
    };
    versions: CrdVersion[];
    conversion?: { strategy: string };
  };
  status?: { conditions?: Condition[] };
}

export interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema?: { openAPIV3Schema?: Schema };
  subresources?: { status?: object; scale?: object };
  additionalPrinterColumns?: PrinterColumn[];
}

interface Condition {
  type: string;
  status: "True" | "False";
  reason: string;
  message: string;
  lastTransitionTime: string;
}

const resource: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
};

/** Where CRDs are stored. */
export const crdStorage = storageName(resource);

/** Keeps a CRD that is being deleted until its objects are gone. */
export const crdFinalizer = "customresourcecleanup.apiextensions.k8s.io";

export const customResourceDefinition: Kind = {
  resource,
  listKind: "CustomResourceDefinitionList",
  singular: "customresourcedefinition",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  readOnly: false,
  hasStatus: true,
  hasScale: false,
  generation: "desire",
  needsVersionToReplace: true,
  nameRule: "subdomain",
  custom: false,
  columns: crdColumns,
  normalize(object) {
    if (definitionProblems(object).length === 0) complete(object as CustomResourceDefinition);
    return [];
  },
  validate: definitionProblems,
};

/** What real servers fill in by and by is there at once: a resource is served as soon as its CRD is stored. */
function complete(crd: CustomResourceDefinition): void {
  const { names, versions } = crd.spec;
  names.singular ??= names.kind.toLowerCase();
  names.listKind ??= `${names.kind}List`;
  crd.spec.conversion ??= { strategy: "None" };
  const stored = versions.find(({ storage }) => storage)?.name ?? "";
  const lastTransitionTime = crd.status?.conditions?.[0]?.lastTransitionTime ?? timestamp(new Date());
  const accepted: Condition = {
    type: "NamesAccepted",
    status: "True",
    reason: "NoConflicts",
    message: "no conflicts found",
    lastTransitionTime,
  };
  const established: Condition = {
    type: "Established",
    status: "True",
    reason: "InitialNamesAccepted",
    message: "the initial names have been accepted",
    lastTransitionTime,
  };
  Object.assign(crd, {
    status: { conditions: [accepted, established], acceptedNames: names, storedVersions: [stored] },
  });
}

function definitionProblems(object: ApiObject): StatusCause[] {
  const { spec } = object as Partial<CustomResourceDefinition>;
  const missing = [
    [spec?.group, "spec.group"],
    [spec?.scope, "spec.scope"],
    [spec?.names?.plural, "spec.names.plural"],
    [spec?.names?.kind, "spec.names.kind"],
    [spec?.versions?.length, "spec.versions"],
  ].filter(([value]) => !value);
  if (spec === undefined || missing.length > 0) return missing.map(([, field]) => required(String(field)));
  return [
    ...nameProblem(object.metadata.name, spec),
    ...storageProblem(spec.versions),
    ...spec.versions.flatMap((version, index) => schemaProblems(version, `spec.versions[${index}].schema`)),
  ];
}

function nameProblem(name: string, { names, group }: CustomResourceDefinition["spec"]): StatusCause[] {
  const wanted = `${names.plural}.${group}`;
  return name === wanted ? [] : [invalidValue("metadata.name", name, `must be spec.names.plural+"."+spec.group`)];
}

function storageProblem(versions: CrdVersion[]): StatusCause[] {
  if (versions.filter(({ storage }) => storage).length === 1) return [];
  return [invalidValue("spec.versions", versions, "must have exactly one version marked as storage version")];
}

function schemaProblems({ schema }: CrdVersion, field: string): StatusCause[] {
  const root = schema?.openAPIV3Schema;
  if (root === undefined) return [required(`${field}.openAPIV3Schema`, "schemas are required")];
  if (root.type !== "object")
    return [invalidValue(`${field}.openAPIV3Schema.type`, root.type, "must be object at the root")];
  try {
    validatorOf(root);
    return [];
  } catch (error) {
    return [invalidValue(`${field}.openAPIV3Schema`, "object", (error as Error).message)];
  }
}

/** The kinds that a CRD makes, one for each version that is served. */
export function kindsOf(crd: CustomResourceDefinition): Kind[] {
  return crd.spec.versions.filter(({ served }) => served).map((version) => kindOf(crd, version));
}

function kindOf(crd: CustomResourceDefinition, version: CrdVersion): Kind {
  const { group, scope, names } = crd.spec;
  const schema = version.schema?.openAPIV3Schema ?? { type: "object" };
  let validator: Validator | undefined; // compiled with the first write, so that starting stays fast
  return {
    resource: {
      group,
      version: version.name,
      kind: names.kind,
      plural: names.plural,
      namespaced: scope === "Namespaced",
    },
    listKind: names.listKind ?? `${names.kind}List`,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    readOnly: false,
    hasStatus: version.subresources?.status !== undefined,
    hasScale: false,
    generation: "desire",
    needsVersionToReplace: true,
    nameRule: "subdomain",
    custom: true,
    columns: printerColumns(version.additionalPrinterColumns),
    schema,
    normalize(object) {
      const unknown = prune(object, schema);
      dropNulls(object, schema);
      setDefaults(object, schema);
      return unknown;
    },
    validate(object, previous) {
      validator ??= validatorOf(schema);
      return [...validator(object, previous), ...ruleProblems(object, previous, schema)];
    },
  };
}
