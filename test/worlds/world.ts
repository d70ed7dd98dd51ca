/**
 * The platform's control loop in one of two worlds: the embedded API server, or a real Kubernetes API. Both lack nodes,
 * so a test ends builds and makes pods ready itself.
 */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { Namespace, Secret } from "../../api/builtin.ts";
import { CustomResourceDefinition } from "../../api/crd.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { CompositeController } from "../../hooks/contract/manifest.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startApiServer } from "../../local/apiserver/start.ts";
import { type Driver, startDriver } from "../../local/driver/start.ts";
import { waitFor } from "../cluster/harness/wait.ts";
import type { RecordedWrite } from "../vectors/recording.ts";
import { recordingClient } from "../vectors/recording-client.ts";
import { startControlPlane } from "./control-plane.ts";
import { type Hooks, platformNamespace, startHooks } from "./hooks.ts";
import { embeddedNodes, type Nodes, realNodes } from "./nodes.ts";

export interface World {
  /** May do everything. */
  client: KubernetesClient;
  nodes: Nodes;
  hooks: Hooks;
  /** What the driver has written since its start, without Events. */
  writes: RecordedWrite[];
  startDriver(): Promise<void>;
  /** Resolves when nothing is being synced any more. */
  stopDriver(): Promise<void>;
  /** Only a real one goes away. */
  restartApiServer(): Promise<void>;
  close(): Promise<void>;
}

interface Surroundings extends Pick<World, "client" | "nodes" | "restartApiServer" | "close"> {
  driverClient: KubernetesClient;
  startControllers(): Promise<void>;
}

export async function startEmbeddedWorld(): Promise<World> {
  const server = await startApiServer({ dataFile: ":memory:" });
  const client = connect({ url: server.url, token: server.token });
  const nodes = embeddedNodes(client);
  const nothing = async () => undefined;
  return worldIn({
    client,
    driverClient: client,
    nodes,
    startControllers: nothing,
    restartApiServer: nothing,
    close: server.close,
  });
}

/** @param binary the program that is all of Kubernetes */
export async function startRealWorld(binary: string): Promise<World> {
  const plane = await startControlPlane(binary);
  await grantDriver(plane.client);
  const driverClient = connect({ kubeconfig: await plane.userConfig(driverUser) });
  return worldIn({ ...plane, driverClient, nodes: realNodes(plane.client) });
}

async function worldIn({ driverClient, startControllers, ...surroundings }: Surroundings): Promise<World> {
  const { client } = surroundings;
  const hooks = await startHooks();
  await install(client, hooks.secrets);
  await startControllers();
  const writes: RecordedWrite[] = [];
  let driver: Driver | undefined;

  const world: World = {
    ...surroundings,
    hooks,
    writes,
    async startDriver() {
      writes.length = 0;
      hooks.asked.clear();
      driver = await startDriver({ client: recordingClient(driverClient, writes), hooks });
    },
    async stopDriver() {
      await driver?.close();
      driver = undefined;
    },
    async close() {
      await world.stopDriver();
      await surroundings.nodes.close();
      await hooks.close();
      await surroundings.close();
    },
  };
  await world.startDriver();
  return world;
}

const root = join(import.meta.dirname, "..", "..");

/** Manifests as installations apply them. */
function manifests<T extends KubernetesObject>(pattern: string): T[] {
  return globSync(pattern, { cwd: root }).flatMap((path) =>
    parseAllDocuments(readFileSync(join(root, path), "utf8")).map((document) => document.toJS() as T),
  );
}

async function install(client: KubernetesClient, secrets: Secret[]): Promise<void> {
  const definitions = manifests<CustomResourceDefinition>("manifests/{metacontroller/crds,crds/*}.yaml");
  for (const definition of definitions) await client.create(CustomResourceDefinition, definition);
  await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: platformNamespace } });
  for (const secret of secrets) await client.create(Secret, secret);
  await waitFor(async () => (await client.list(CompositeController)) !== undefined, { what: "CompositeController" });
  const controllers = manifests<CompositeController>("composite-controllers/*.yaml");
  for (const controller of controllers) await client.create(CompositeController, controller);
}

const rbac = { group: "rbac.authorization.k8s.io", version: "v1", namespaced: false };
const ClusterRole: Resource = { ...rbac, kind: "ClusterRole", plural: "clusterroles" };
const ClusterRoleBinding: Resource = { ...rbac, kind: "ClusterRoleBinding", plural: "clusterrolebindings" };
const driverUser = "driver";

/** The driver may do what installations let Metacontroller do, and nothing else. */
async function grantDriver(client: KubernetesClient): Promise<void> {
  const [role] = manifests("manifests/rbac/metacontroller.yaml");
  if (role === undefined) throw new Error("manifests/rbac/metacontroller.yaml holds no ClusterRole");
  await client.create(ClusterRole, role);
  await client.create(ClusterRoleBinding, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: driverUser },
    roleRef: { apiGroup: rbac.group, kind: "ClusterRole", name: role.metadata.name },
    subjects: [{ apiGroup: rbac.group, kind: "User", name: driverUser }],
  } as KubernetesObject);
}
