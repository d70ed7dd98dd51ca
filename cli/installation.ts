/** Names by which the manifests install the platform in a cluster. */

export const platformNamespace = "octoplane-system";
/** Where the driver of the hooks runs. */
export const driverNamespace = "metacontroller";
/** ConfigMap with the settings of all programs; kustomize appends a hash. */
export const settingsName = "octoplane-settings";
/** ConfigMap with what the last sweep of the stores did. */
export const sweepReportName = "octoplane-sweep-report";
