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
import { platformNamespace } from "../../cli/installation.ts";
import { CompositeController } from "../../hooks/contract/manifest.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startApiServer } from "../../local/apiserver/start.ts";
import { startDriver } from "../../local/driver/start.ts";
import { waitFor } from "../cluster/harness/wait.ts";
import type { RecordedWrite } from "../vectors/recording.ts";
import { recordingClient } from "../vectors/recording-client.ts";
import { startControlPlane } from "./control-plane.ts";
import { type Hooks, startHooks } from "./hooks.ts";
import { type MetacontrollerOptions, startMetacontroller } from "./metacontroller.ts";
import { embeddedNodes, type Nodes, realNodes } from "./nodes.ts";

export interface World {
  /** May do everything. */
  client: KubernetesClient;
  nodes: Nodes;
  hooks: Hooks;
  /** What the driver has written since its start, without Events. */
  writes(): string[];
  startDriver(): Promise<void>;
  /** Resolves when nothing is being synced any more. */
  stopDriver(): Promise<void>;
  /** Only a real one goes away. */
  restartApiServer(): Promise<void>;
  close(): Promise<void>;
}

type Stop = () => Promise<void>;

interface Surroundings extends Pick<World, "client" | "nodes" | "restartApiServer" | "close"> {
  /** Of all times. */
  driverWrites(): string[];
  drive(hooks: Hooks): Promise<Stop>;
  startControllers(): Promise<void>;
}

export async function startEmbeddedWorld(): Promise<World> {
  const server = await startApiServer({ dataFile: ":memory:" });
  const client = connect({ url: server.url, token: server.token });
  const writes: RecordedWrite[] = [];
  const nothing = async () => undefined;
  return worldIn({
    client,
    nodes: embeddedNodes(client),
    driverWrites: () => writes.map(({ verb, path, status }) => `${verb} ${path} ${status}`),
    drive: (hooks) => projectDriver(recordingClient(client, writes), hooks),
    startControllers: nothing,
    restartApiServer: nothing,
    close: server.close,
  });
}

async function projectDriver(client: KubernetesClient, hooks: Hooks): Promise<Stop> {
  const driver = await startDriver({ client, hooks });
  return driver.close;
}

/** Instead of the project's driver. */
export type RealMetacontroller = Pick<MetacontrollerOptions, "binary" | "strategy">;

/** @param binary the program that is all of Kubernetes */
export async function startRealWorld(binary: string, metacontroller?: RealMetacontroller): Promise<World> {
  const plane = await startControlPlane(binary);
  await grantDriver(plane.client);
  const kubeconfig = await plane.userConfig(driverUser);
  const driverClient = connect({ kubeconfig });
  return worldIn({
    ...plane,
    nodes: realNodes(plane.client),
    driverWrites: () => plane.writesOf(driverUser),
    drive: (hooks) =>
      metacontroller === undefined
        ? projectDriver(driverClient, hooks)
        : startMetacontroller({ ...metacontroller, kubeconfig, hooksPort: hooks.port, folder: plane.folder }),
  });
}

async function worldIn({ drive, driverWrites, startControllers, ...surroundings }: Surroundings): Promise<World> {
  const { client } = surroundings;
  const hooks = await startHooks();
  await install(client, hooks.secrets);
  await startControllers();
  let earlier = 0;
  let stop: Stop | undefined;

  const world: World = {
    ...surroundings,
    hooks,
    writes: () => driverWrites().slice(earlier),
    async startDriver() {
      earlier = driverWrites().length;
      hooks.asked.clear();
      stop = await drive(hooks);
    },
    async stopDriver() {
      await stop?.();
      stop = undefined;
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
