/** Names for completion, asked of the platform that the command line names so far. */

import { Namespace } from "../../api/builtin.ts";
import { namespaceLabel } from "../../api/workers/fields.ts";
import { listAccounts, nameOf } from "../accounts.ts";
import { listFarms } from "../buildbarn/farms.ts";
import type { Wishes } from "../target/choose.ts";
import { contextNames } from "../target/cluster.ts";
import { openTarget } from "../target/open.ts";
import type { Lookups } from "./candidates.ts";

export function lookupsOn(wishes: Wishes): Lookups {
  const accounts = async () => listAccounts((await openTarget(wishes)).client);
  return {
    account: async () => (await accounts()).map(nameOf),
    script: async () => {
      const names = (await accounts()).flatMap(({ status }) => status?.scripts?.map(({ name }) => name) ?? []);
      return [...new Set(names)];
    },
    resource: async () => {
      const farms = await listFarms((await openTarget(wishes)).client);
      return farms.flatMap(({ components }) => components.map(({ metadata }) => metadata.name));
    },
    namespace: async () => {
      const { client } = await openTarget(wishes);
      const { items } = await client.list(Namespace, { labelSelector: `${namespaceLabel}=enabled` });
      return items.map(({ metadata }) => metadata.name);
    },
    context: () => contextNames(wishes.kubeconfig),
  };
}
