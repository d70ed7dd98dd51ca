/** Related objects of every parent of a controller: asks the customize hook, and tells which parents a change concerns. */

import { Namespace } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { customizeAnswer } from "./answer.ts";
import type { HookTarget } from "./definition.ts";
import type { Discovery } from "./discovery.ts";
import type { JsonRecord } from "./json.ts";
import { type ObjectGroup, resourceName } from "./keys.ts";
import { loaded, type Observed } from "./observed.ts";
import { isRelated, type RelatedRule, relatedRule } from "./related.ts";

export interface Customize {
  /** The related objects, grouped. Calls the hook only when the parent is another one or has a new generation. */
  related(key: string, parent: KubernetesObject): Promise<ObjectGroup[]>;
  /** To be called when a parent is gone. */
  forget(key: string): void;
  close(): void;
}

export interface CustomizeOptions {
  hook: HookTarget;
  observed: Observed;
  discovery: Discovery;
  call(hook: HookTarget, parent: KubernetesObject): Promise<unknown>;
  /** Called with a parent's key when an object that it relates to appears, changes or goes. */
  onAffected(key: string): void;
}

interface Answer {
  uid: string | undefined;
  generation: number | undefined;
  rules: JsonRecord[];
  resolved: RelatedRule[];
}

export function customize({ hook, observed, discovery, call, onAffected }: CustomizeOptions): Customize {
  const answers = new Map<string, Answer>();
  const subscriptions = new Map<string, () => void>();

  const namespaceLabels = (name: string) => observed.of(Namespace).get(undefined, name)?.metadata.labels ?? {};

  async function watchResource(resource: Resource): Promise<void> {
    const cached = observed.of(resource);
    const key = resourceName(resource);
    await loaded(cached, key);
    if (subscriptions.has(key)) return;
    const unsubscribe = cached.onChange((_type, object, old) => {
      for (const [parent, { resolved }] of answers) {
        const concerned = resolved.some((rule) => concerns(rule, key, object) || (old && concerns(rule, key, old)));
        if (concerned) onAffected(parent);
      }
    });
    subscriptions.set(key, unsubscribe);
  }

  function concerns(rule: RelatedRule, changed: string, object: KubernetesObject): boolean {
    if (rule.namespaceSelector && changed === resourceName(Namespace)) return true;
    return resourceName(rule.resource) === changed && isRelated(rule, object, namespaceLabels);
  }

  /** Only a valid answer is kept; Metacontroller keeps an invalid one, too, until the generation changes. */
  async function answerFor(key: string, parent: KubernetesObject): Promise<Answer> {
    const { uid, generation } = parent.metadata;
    const known = answers.get(key);
    if (known !== undefined && known.uid === uid && known.generation === generation) return known;
    const rules = customizeAnswer(hook, await call(hook, parent));
    const answer = { uid, generation, rules, resolved: [] };
    answers.set(key, answer);
    return answer;
  }

  /** Again at every sync, since the kinds that rules name come and go. */
  async function resolve(answer: Answer, parent: KubernetesObject): Promise<RelatedRule[]> {
    const resolving = answer.rules.map((rule, index) =>
      relatedRule(rule, `relatedResources[${index}]`, hook.version, parent, discovery),
    );
    answer.resolved = await Promise.all(resolving);
    const selectsNamespaces = answer.resolved.some((rule) => rule.namespaceSelector !== undefined);
    const resources = answer.resolved.map((rule) => rule.resource);
    for (const resource of selectsNamespaces ? [...resources, Namespace] : resources) await watchResource(resource);
    return answer.resolved;
  }

  return {
    async related(key, parent) {
      const rules = await resolve(await answerFor(key, parent), parent);
      return rules.map((rule) => ({
        resource: rule.resource,
        objects: observed
          .of(rule.resource)
          .list(rule.namespace)
          .filter((object) => isRelated(rule, object, namespaceLabels)),
      }));
    },
    forget: (key) => void answers.delete(key),
    close() {
      for (const unsubscribe of subscriptions.values()) unsubscribe();
    },
  };
}
