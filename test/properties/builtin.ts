/** Whether a built-in object is what the Kubernetes OpenAPI schema says. */

import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { Job } from "kubernetes-models/batch/v1/Job";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Service } from "kubernetes-models/v1/Service";
import type { AnyObject } from "../../local/driver/json.ts";

interface Model {
  validate(): void;
}

const models: Record<string, new (data: never) => Model> = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  Job,
  NetworkPolicy,
  PodDisruptionBudget,
  Service,
  StatefulSet,
};

export function isBuiltin(object: AnyObject): boolean {
  return object.kind in models;
}

/** Throws what is wrong with the object. */
export function checkBuiltin(object: AnyObject): void {
  const model = models[object.kind];
  if (model === undefined) throw new Error(`there is no schema of ${object.kind}`);
  new model(object as never).validate();
}
