/** What the rules of the Buildbarn kinds keep out, as refusals of a definition that is tried under another name. */

import type { Kind } from "../../../api/kind.ts";
import { farmKinds } from "../../../hooks/buildbarn/kinds.ts";
import { saidOtherwise, type Violation, violations } from "../../buildbarn/violations.ts";
import { named, type Refusal, withSpec } from "./refusal.ts";

export const buildbarnKinds = farmKinds as unknown as readonly Kind[];

function refusalOf({ what, kind, field, message, name, spec = {} }: Violation): Refusal {
  const wrong = withSpec(spec);
  return {
    what: `${kind.kind}: ${what}`,
    kind,
    field: field.replaceAll("[0]", "[]"),
    message,
    wrong: (object) => wrong(name === undefined ? object : named(name)(object)),
  };
}

export const buildbarnRefusals: Refusal[] = [...violations, ...saidOtherwise].map(refusalOf);
