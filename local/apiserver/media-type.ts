/** Which form of an answer a client wants, by its Accept header. */

import { notAcceptable } from "./status.ts";

export type Form = "object" | "table" | "metadata";

/** The first form in the header that can be given. Throws 406 when there is none. */
export function formOf(accept: string | undefined): Form {
  const wanted = (accept || "*/*").split(",").map(mediaType);
  for (const { type, parameters } of wanted) {
    if (!["application/json", "application/*", "*/*"].includes(type)) continue;
    const form = formNamed(parameters.as, parameters.v);
    if (form) return form;
  }
  throw notAcceptable();
}

function formNamed(as: string | undefined, version: string | undefined): Form | undefined {
  if (as === undefined) return "object";
  if (version !== "v1") return undefined;
  if (as === "Table") return "table";
  return as === "PartialObjectMetadata" || as === "PartialObjectMetadataList" ? "metadata" : undefined;
}

/** `application/json;as=Table;v=v1` */
export function mediaType(header: string): { type: string; parameters: Record<string, string> } {
  const [type = "", ...rest] = header.split(";").map((part) => part.trim());
  const parameters = rest.map((part) => {
    const [name = "", value = ""] = part.split("=");
    return [name.toLowerCase(), value.replaceAll('"', "")];
  });
  return { type: type.toLowerCase(), parameters: Object.fromEntries(parameters) };
}
