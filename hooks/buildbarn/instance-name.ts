/**
 * Instance names, as the Remote Execution API has them: parts with slashes between them. Addresses of blobs are made of
 * an instance name and one of its own words, so that those are no parts of one. Buildbarn ends at its start when it is
 * told of anything else.
 */

import { instanceNameRule, wrongInstanceName } from "../../api/buildbarn/rules.ts";
import type { Authorizer, Right } from "../../api/buildbarn/trust.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import type { Component } from "./kinds.ts";

const wrong = new RegExp(wrongInstanceName);

export function isInstanceName(name: string): boolean {
  return name === "" || !wrong.test(name);
}

type Auth = Partial<Record<Right, Authorizer>>;

/** Every instance name that a resource says, with the field that says it. */
function namesIn({ spec }: Component): [field: string, name: string][] {
  const { instanceNamePrefix = "", auth = {} } = spec as { instanceNamePrefix?: string; auth?: Auth };
  const allowed = Object.entries(auth).flatMap(([right, { instanceNamePrefixes = [] }]) =>
    instanceNamePrefixes.map((name): [string, string] => [`spec.auth.${right}.instanceNamePrefixes`, name]),
  );
  return [["spec.instanceNamePrefix", instanceNamePrefix], ...allowed];
}

/** The fields that Buildbarn would not take. */
export function instanceNameInvalid(component: Component): Verdict | undefined {
  const invalid = namesIn(component).filter(([, name]) => !isInstanceName(name));
  if (invalid.length === 0) return undefined;
  const found = invalid.map(([field, name]) => `${field}: ${JSON.stringify(name)}`).join("; ");
  return no("InstanceNameInvalid", `${found}: ${instanceNameRule.message}`);
}
