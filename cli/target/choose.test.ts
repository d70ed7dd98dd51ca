import { expect, test } from "vitest";
import { chooseTarget, NoTarget, type Wishes } from "./choose.ts";

const usual: Wishes = { dataDir: "/clone/.octoplane", dataDirSource: "default" };

function choose(wishes: Partial<Wishes>, KUBECONFIG?: string, dataFolders: string[] = []) {
  return chooseTarget({ ...usual, ...wishes }, { KUBECONFIG, isDataFolder: (path) => dataFolders.includes(path) });
}

test("nothing named and nothing there is an error that says what to do", () => {
  expect(() => choose({})).toThrow(NoTarget);
  expect(() => choose({}, "")).toThrow(NoTarget);
});

test("the embedded platform is the default where one has been started", () => {
  expect(choose({}, undefined, [usual.dataDir])).toEqual({ kind: "embedded", path: usual.dataDir });
});

test("KUBECONFIG names the cluster where no platform has been started", () => {
  expect(choose({}, "/home/a/kube")).toEqual({ kind: "cluster", from: "KUBECONFIG" });
});

test("KUBECONFIG does not take over where a platform has been started, and that is known", () => {
  expect(choose({}, "/home/a/kube", [usual.dataDir])).toEqual({
    kind: "embedded",
    path: usual.dataDir,
    passedOver: "/home/a/kube",
  });
});

test("what the command line names wins over every environment variable", () => {
  expect(choose({ dataDir: "/d", dataDirSource: "cli" }, "/kube", [usual.dataDir])).toEqual({
    kind: "embedded",
    path: "/d",
  });
  const fromEnvironment = { dataDir: "/d", dataDirSource: "env" } as const;
  expect(choose(fromEnvironment, "/kube")).toEqual({ kind: "embedded", path: "/d" });
  expect(choose({ ...fromEnvironment, kubeconfig: "/k" }, "/kube", ["/d"])).toEqual({
    kind: "cluster",
    kubeconfig: "/k",
    context: undefined,
    from: "--kubeconfig",
  });
  expect(choose({ context: "east" }, "/kube", [usual.dataDir])).toMatchObject({ context: "east", from: "--context" });
});

test("a data folder and a cluster at once are refused", () => {
  expect(() => choose({ dataDir: "/d", dataDirSource: "cli", kubeconfig: "/k" })).toThrow("not both");
});

test("the kubeconfig of an embedded platform names that platform", () => {
  const embedded = { kind: "embedded", path: "/other" };
  expect(choose({ kubeconfig: "/other/kubeconfig" }, undefined, ["/other"])).toEqual(embedded);
  expect(choose({}, "/other/kubeconfig", ["/other"])).toEqual(embedded);
  expect(choose({}, `${usual.dataDir}/kubeconfig`, [usual.dataDir])).toEqual({
    kind: "embedded",
    path: usual.dataDir,
  });
  expect(choose({ kubeconfig: "/other/kubeconfig" })).toMatchObject({ kind: "cluster" });
});
