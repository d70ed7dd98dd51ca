import { expect, test } from "vitest";
import { octoplane } from "../octoplane.ts";
import { candidates, files, type Lookups, positionOf } from "./candidates.ts";

const lookups: Lookups = {
  account: async () => ["dev", "team-b"],
  script: async () => ["hello", "hono"],
  resource: async () => ["frontend", "storage"],
  namespace: async () => ["default"],
  context: async () => ["kind-octo"],
};

/** The line behind the program's name; what follows the last space is being typed. */
async function complete(line: string): Promise<string[]> {
  const words = line.split(" ");
  return candidates(positionOf(octoplane(), words.slice(0, -1)), words.at(-1) ?? "", lookups);
}

test.each([
  ["", ["up", "status", "account", "buildbarn", "logs", "down", "completion", "help"]],
  ["st", ["status"]],
  ["account ", ["create", "list", "token", "revoke", "delete", "help"]],
  ["account token ", ["dev", "team-b"]],
  ["account revoke t", ["team-b"]],
  ["account delete dev ", []],
  ["--data-dir /d account token --context x d", ["dev"]],
  ["logs h", ["hello", "hono"]],
  ["logs hello --account ", ["dev", "team-b"]],
  ["buildbarn config f", ["frontend"]],
  ["buildbarn config --component w", ["worker"]],
  ["logs -n ", ["default"]],
  ["status --context ", ["kind-octo"]],
  ["status -o ", ["json"]],
  ["account create x --output ", ["env", "json"]],
  ["completion ", ["bash", "zsh", "fish"]],
  ["up --port 80", []],
  ["up --port 8080 --ex", ["--example"]],
  ["down --", ["--delete-data", "--data-dir", "--help"]],
  ["status --kubeconfig ", [files]],
  ["--data-dir ", [files]],
])("octoplane %s", async (line, expected) => {
  expect(await complete(line)).toEqual(expected);
});

test("values of options are kept, so that the right platform is asked", () => {
  const { values } = positionOf(octoplane(), ["status", "--kubeconfig", "/k", "--context", "c", "-o", "json"]);
  expect(Object.fromEntries(values)).toEqual({ kubeconfig: "/k", context: "c", output: "json" });
});
