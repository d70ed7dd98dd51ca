/** Columns of custom resources, from the printer columns of their CRD. */

import { age } from "./age.ts";
import { jsonPath } from "./json-path.ts";
import type { Column } from "./kind.ts";

/** An entry of `additionalPrinterColumns` in a CRD. */
export interface PrinterColumn {
  name: string;
  type: string;
  jsonPath: string;
  description?: string;
  priority?: number;
}

export const nameColumn: Column = {
  name: "Name",
  type: "string",
  description: "Name must be unique within a namespace.",
  cell: ({ metadata }) => metadata.name,
};

export const ageColumn: Column = {
  name: "Age",
  type: "string",
  description: "Time since the object was created.",
  cell: ({ metadata }) => age(metadata.creationTimestamp),
};

export const crdColumns: readonly Column[] = [
  nameColumn,
  { name: "Created At", type: "date", cell: ({ metadata }) => metadata.creationTimestamp },
];

export function printerColumns(declared: readonly PrinterColumn[] = []): Column[] {
  if (declared.length === 0) return [nameColumn, ageColumn];
  const columns = declared.map(({ name, type, description, priority, jsonPath: path }): Column => {
    const find = jsonPath(path);
    return { name, type: columnType(type), description, priority, cell: (object) => shown(find(object), type) };
  });
  return [nameColumn, ...columns];
}

function columnType(type: string): Column["type"] {
  return type === "integer" || type === "number" || type === "boolean" || type === "date" ? type : "string";
}

/** Nothing found is null, which kubectl shows as an empty cell or `<none>`. */
function shown(found: readonly unknown[], type: string): unknown {
  const [value] = found;
  if (value === undefined || value === null) return null;
  if (type === "date") return age(String(value));
  if (type === "string") return found.map(text).join(",");
  return value;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
