/** What the settings of a cluster's installation say, as far as its user may read them. */

import { parse } from "yaml";
import type { BuildbarnSettings } from "../api/buildbarn/settings.ts";
import { ConfigMap, Deployment } from "../api/builtin.ts";
import { isNotFound, type KubernetesClient } from "../kubernetes/client.ts";
import { isForbidden } from "./forbidden.ts";
import { platformNamespace, settingsName } from "./installation.ts";

export interface InstallationSettings {
  domain?: string;
  urlScheme?: string;
  urlPort?: number;
  buildbarn?: BuildbarnSettings;
}

/** Empty where they cannot be seen. */
export async function installationSettings(client: KubernetesClient): Promise<InstallationSettings> {
  const { items } = await visible(client.list(Deployment, { namespace: platformNamespace }), { items: [] });
  const name = items.map(settingsOf).find((each) => each !== undefined);
  if (name === undefined) return {};
  const settings = await visible(client.get(ConfigMap, { namespace: platformNamespace, name }), undefined);
  try {
    return (parse(settings?.data?.["settings.yaml"] ?? "") ?? {}) as InstallationSettings;
  } catch {
    return {};
  }
}

/** The ConfigMap that a program of the platform runs with: its name ends with a hash of its content. */
function settingsOf({ spec }: Deployment): string | undefined {
  const names = spec?.template.spec?.volumes?.map(({ configMap }) => configMap?.name);
  return names?.find((name) => name === settingsName || name?.startsWith(`${settingsName}-`));
}

/** `otherwise` where the object or its kind is not there, or not for this user. */
export async function visible<T, E>(answer: Promise<T>, otherwise: E): Promise<T | E> {
  return answer.catch((error: unknown) => {
    if (isForbidden(error) || isNotFound(error)) return otherwise;
    throw error;
  });
}
