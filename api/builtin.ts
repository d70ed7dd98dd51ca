/** The built-in Kubernetes resources that Octoplane reads or writes. Object types come from `kubernetes-types`. */

import type * as apps from "kubernetes-types/apps/v1.js";
import type * as autoscaling from "kubernetes-types/autoscaling/v2.js";
import type * as batch from "kubernetes-types/batch/v1.js";
import type * as core from "kubernetes-types/core/v1.js";
import type * as discovery from "kubernetes-types/discovery/v1.js";
import type * as networking from "kubernetes-types/networking/v1.js";
import type * as policy from "kubernetes-types/policy/v1.js";
import type { ObjectMeta, Resource } from "./resource.ts";

/** A built-in type with the parts that every object on the wire has. */
type Wire<T, A extends string, K extends string> = Omit<T, "apiVersion" | "kind" | "metadata"> & {
  apiVersion: A;
  kind: K;
  metadata: ObjectMeta;
};

export type Namespace = Wire<core.Namespace, "v1", "Namespace">;
export type ConfigMap = Wire<core.ConfigMap, "v1", "ConfigMap">;
export type Secret = Wire<core.Secret, "v1", "Secret">;
export type Service = Wire<core.Service, "v1", "Service">;
export type ServiceAccount = Wire<core.ServiceAccount, "v1", "ServiceAccount">;
export type Pod = Wire<core.Pod, "v1", "Pod">;
export type Event = Wire<core.Event, "v1", "Event">;
/** `terminatingReplicas` is newer than the type package (Kubernetes 1.33, on by default from 1.35). */
export type Deployment = Wire<Omit<apps.Deployment, "status">, "apps/v1", "Deployment"> & {
  status?: apps.DeploymentStatus & { terminatingReplicas?: number };
};
export type StatefulSet = Wire<apps.StatefulSet, "apps/v1", "StatefulSet">;
export type Job = Wire<batch.Job, "batch/v1", "Job">;
export type CronJob = Wire<batch.CronJob, "batch/v1", "CronJob">;
export type Ingress = Wire<networking.Ingress, "networking.k8s.io/v1", "Ingress">;
export type NetworkPolicy = Wire<networking.NetworkPolicy, "networking.k8s.io/v1", "NetworkPolicy">;
export type PodDisruptionBudget = Wire<policy.PodDisruptionBudget, "policy/v1", "PodDisruptionBudget">;
export type HorizontalPodAutoscaler = Wire<
  autoscaling.HorizontalPodAutoscaler,
  "autoscaling/v2",
  "HorizontalPodAutoscaler"
>;
export type EndpointSlice = Wire<discovery.EndpointSlice, "discovery.k8s.io/v1", "EndpointSlice">;

function namespaced(group: string, version: string, kind: string, plural: string) {
  return { group, version, kind, plural, namespaced: true } as const;
}

export const Namespace: Resource<Namespace> = {
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
};
export const ConfigMap: Resource<ConfigMap> = namespaced("", "v1", "ConfigMap", "configmaps");
export const Secret: Resource<Secret> = namespaced("", "v1", "Secret", "secrets");
export const Service: Resource<Service> = namespaced("", "v1", "Service", "services");
export const ServiceAccount: Resource<ServiceAccount> = namespaced("", "v1", "ServiceAccount", "serviceaccounts");
export const Pod: Resource<Pod> = namespaced("", "v1", "Pod", "pods");
export const Event: Resource<Event> = namespaced("", "v1", "Event", "events");
export const Deployment: Resource<Deployment> = namespaced("apps", "v1", "Deployment", "deployments");
export const StatefulSet: Resource<StatefulSet> = namespaced("apps", "v1", "StatefulSet", "statefulsets");
export const Job: Resource<Job> = namespaced("batch", "v1", "Job", "jobs");
export const CronJob: Resource<CronJob> = namespaced("batch", "v1", "CronJob", "cronjobs");
export const Ingress: Resource<Ingress> = namespaced("networking.k8s.io", "v1", "Ingress", "ingresses");
export const NetworkPolicy: Resource<NetworkPolicy> = namespaced(
  "networking.k8s.io",
  "v1",
  "NetworkPolicy",
  "networkpolicies",
);
export const PodDisruptionBudget: Resource<PodDisruptionBudget> = namespaced(
  "policy",
  "v1",
  "PodDisruptionBudget",
  "poddisruptionbudgets",
);
export const HorizontalPodAutoscaler: Resource<HorizontalPodAutoscaler> = namespaced(
  "autoscaling",
  "v2",
  "HorizontalPodAutoscaler",
  "horizontalpodautoscalers",
);
export const EndpointSlice: Resource<EndpointSlice> = namespaced(
  "discovery.k8s.io",
  "v1",
  "EndpointSlice",
  "endpointslices",
);
