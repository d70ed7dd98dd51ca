/** The environment that a container asks for: values, ConfigMaps and Secrets. Nothing of the platform's own is in it. */

import type { ConfigMap, Secret } from "../../api/builtin.ts";
import type { Container, Waiting } from "./template.ts";

export interface EnvironmentSources {
  secret(name: string): Secret | undefined;
  configMap(name: string): ConfigMap | undefined;
  /** What `fieldRef` can name, such as `metadata.namespace`. */
  fields: Readonly<Record<string, string>>;
}

export type Environment = Record<string, string>;

/** Thrown inside, returned outside: a reference that cannot be resolved yet, or a name that may not be set. */
class Unusable extends Error {}

/** Keeps the process waiting, as the kubelet does, until every reference that is not optional can be resolved. */
export function environmentOf(container: Container, sources: EnvironmentSources): Environment | { waiting: Waiting } {
  try {
    return { ...imported(container, sources), ...named(container, sources) };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    return { waiting: { reason: "CreateContainerConfigError", message: error.message } };
  }
}

/**
 * For processes that run a tenant's code: the names come from Secrets and manifests of the tenant, and must not steer
 * the dynamic loader, the C library or a runtime.
 */
export function tenantEnvironmentOf(
  container: Container,
  sources: EnvironmentSources,
): Environment | { waiting: Waiting } {
  const environment = environmentOf(container, sources);
  if (isWaiting(environment)) return environment;
  const reserved = Object.keys(environment).find((name) => reservedName.test(name));
  if (reserved === undefined) return environment;
  const message = `environment variable ${JSON.stringify(reserved)} is read by the system and cannot be set; choose another name or envFrom[].prefix`;
  return { waiting: { reason: "CreateContainerConfigError", message } };
}

/** A process sees `PATH=x` as the name of a variable as `PATH`, too. */
const reservedName =
  /^((LD_|DYLD_|GLIBC_|MALLOC_|GCONV_|RES_|SSL_|NODE_|NSS_|LC_|LANG)|(PATH|HOME|TMPDIR|SHELL|IFS|BASH_ENV|ENV|TZ)(=|$))/;

export function isWaiting(value: object): value is { waiting: Waiting } {
  return "waiting" in value && typeof value.waiting === "object";
}

function imported(container: Container, sources: EnvironmentSources): Environment {
  const environment: Environment = {};
  for (const { prefix = "", secretRef, configMapRef } of container.envFrom ?? []) {
    const data = secretRef ? secretData(secretRef, sources) : configMapRef ? configMapData(configMapRef, sources) : {};
    for (const [key, value] of Object.entries(data)) environment[prefix + key] = value;
  }
  return environment;
}

type EnvVar = NonNullable<Container["env"]>[number];

function named(container: Container, sources: EnvironmentSources): Environment {
  const environment: Environment = {};
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom ? referred(variable, sources) : expand(variable.value ?? "", environment);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

function referred({ name, valueFrom }: EnvVar, sources: EnvironmentSources): string | undefined {
  const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom ?? {};
  if (secretKeyRef) return key("Secret", secretKeyRef, secretData(secretKeyRef, sources));
  if (configMapKeyRef) return key("ConfigMap", configMapKeyRef, configMapData(configMapKeyRef, sources));
  const field = fieldRef && sources.fields[fieldRef.fieldPath];
  if (field === undefined) throw new Unusable(`env ${name}: valueFrom names nothing that exists here`);
  return field;
}

interface Reference {
  name?: string;
  key?: string;
  optional?: boolean;
}

function key(kind: string, reference: Reference, data: Environment): string | undefined {
  const value = data[reference.key ?? ""];
  if (value === undefined && !reference.optional) {
    throw new Unusable(`couldn't find key ${reference.key} in ${kind} ${JSON.stringify(reference.name)}`);
  }
  return value;
}

function secretData(reference: Reference, sources: EnvironmentSources): Environment {
  const secret = sources.secret(reference.name ?? "");
  if (!secret) return missing("secret", reference);
  const decode = (value: string) => Buffer.from(value, "base64").toString("utf8");
  return Object.fromEntries(Object.entries(secret.data ?? {}).map(([name, value]) => [name, decode(value)]));
}

function configMapData(reference: Reference, sources: EnvironmentSources): Environment {
  return sources.configMap(reference.name ?? "")?.data ?? missing("configmap", reference);
}

function missing(kind: string, { name, optional }: Reference): Environment {
  if (optional) return {};
  throw new Unusable(`${kind} ${JSON.stringify(name)} not found`);
}

/** `$(NAME)` of a variable defined before; `$$(NAME)` stands for itself. */
function expand(value: string, defined: Environment): string {
  return value.replaceAll(/\$(\$)?\(([^()]+)\)/g, (whole, escaped: string | undefined, name: string) =>
    escaped ? whole.slice(1) : (defined[name] ?? whole),
  );
}
