/** The JSONPath of printer columns: fields, indexes, `[*]` and filters such as `[?(@.type=="Ready")]`. */

import { isJsonObject, ownsField } from "./object.ts";

type Step = (values: unknown[]) => unknown[];

/** The values that a path finds; an unreadable path finds none. */
export function jsonPath(path: string): (value: unknown) => unknown[] {
  const steps = parse(path.replace(/^\{(.*)\}$/, "$1").replace(/^\$/, ""));
  return (value) => (steps ?? [nothing]).reduce((values, step) => step(values), [value]);
}

const nothing: Step = () => [];

const tokens: [RegExp, (match: RegExpExecArray) => Step][] = [
  [/^\.\*/, () => everything],
  [/^\[\*\]/, () => everything],
  [/^\.((?:\\.|[^.[\]\\])+)/, ([, name = ""]) => field(name.replaceAll(/\\(.)/g, "$1"))],
  [/^\[(-?\d+)\]/, ([, index]) => item(Number(index))],
  [/^\[['"](.*?)['"]\]/, ([, name = ""]) => field(name)],
  [
    /^\[\?\(\s*@((?:\.[\w-]+)+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\s*\)\]/,
    ([, path = "", operator, double, single, bare]) => filter(path, operator === "==", double ?? single ?? bare ?? ""),
  ],
];

function parse(path: string): Step[] | undefined {
  const steps: Step[] = [];
  let rest = path.startsWith(".") || path.startsWith("[") ? path : `.${path}`;
  while (rest !== "" && rest !== ".") {
    const token = tokens.map(([pattern, step]) => ({ match: pattern.exec(rest), step })).find(({ match }) => match);
    if (!token?.match) return undefined;
    steps.push(token.step(token.match));
    rest = rest.slice(token.match[0].length);
  }
  return steps;
}

function field(name: string): Step {
  return (values) => values.flatMap((value) => (isJsonObject(value) && ownsField(value, name) ? [value[name]] : []));
}

function item(index: number): Step {
  return (values) =>
    values.flatMap((value) =>
      Array.isArray(value) && Math.abs(index) <= value.length ? value.slice(index).slice(0, 1) : [],
    );
}

const everything: Step = (values) =>
  values.flatMap((value) => (Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : []));

function filter(path: string, wanted: boolean, text: string): Step {
  const find = jsonPath(path);
  return (values) =>
    values
      .flatMap((value) => (Array.isArray(value) ? value : []))
      .filter((value) => find(value).some((found) => String(found) === text) === wanted);
}
