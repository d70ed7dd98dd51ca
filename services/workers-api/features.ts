/**
 * What Cloudflare has and this platform has not, in one table: by which bindings, fields of an upload and requests a
 * client asks for it. All of them are refused by name, so that nobody believes that it works.
 */

export interface Feature {
  /** `{what} not supported by this platform`. */
  what: string;
  /** Types of bindings. */
  bindings?: readonly string[];
  /** Fields of an upload's metadata. */
  metadata?: readonly string[];
  /** Paths below an account, with all that lies below them. */
  requests?: readonly string[];
  /** Whether wrangler asks for it after it has deployed the Worker, which the upload cannot know. */
  comesAfterDeploy?: boolean;
}

const script = "/workers/scripts/:script";

export const features: readonly Feature[] = [
  { what: "cron triggers are", requests: [`${script}/schedules`], comesAfterDeploy: true },
  {
    what: "routes and custom domains are",
    requests: [`${script}/routes`, `${script}/domains`, "/workers/domains"],
    comesAfterDeploy: true,
  },
  { what: "live logs (wrangler tail) are", requests: [`${script}/tails`] },
  { what: "Tail Workers are", metadata: ["tail_consumers", "streaming_tail_consumers"] },
  {
    what: "static assets are",
    bindings: ["assets"],
    metadata: ["assets"],
    requests: [`${script}/assets-upload-session`, "/workers/assets"],
  },
  { what: "Queues are", bindings: ["queue"], requests: ["/queues", "/event_subscriptions"] },
  { what: "KV namespaces are", bindings: ["kv_namespace"], requests: ["/storage/kv"] },
  {
    what: "R2 buckets are",
    bindings: ["r2_bucket"],
    requests: ["/r2", "/r2-catalog", "/event_notifications/r2"],
  },
  { what: "D1 databases are", bindings: ["d1"], requests: ["/d1"] },
  {
    what: "Durable Objects are",
    bindings: ["durable_object_namespace"],
    metadata: ["migrations", "exports"],
    requests: ["/workers/durable_objects"],
  },
  { what: "Workflows are", bindings: ["workflow"], requests: ["/workflows"] },
  { what: "containers are", metadata: ["containers"], requests: ["/containers"] },
  { what: "remote development sessions are", requests: [`${script}/edge-preview`, "/workers/subdomain/edge-preview"] },
  { what: "previews are", requests: ["/workers/workers/:script/previews"] },
  { what: "dispatch namespaces are", bindings: ["dispatch_namespace"], requests: ["/workers/dispatch"] },
  { what: "Pages is", requests: ["/pages"] },
  { what: "Analytics Engine is", bindings: ["analytics_engine"] },
  { what: "Hyperdrive is", bindings: ["hyperdrive"], requests: ["/hyperdrive"] },
  { what: "Vectorize is", bindings: ["vectorize"], requests: ["/vectorize"] },
  { what: "Workers AI is", bindings: ["ai"], requests: ["/ai"] },
  { what: "AI Search is", bindings: ["ai_search", "ai_search_namespace"], requests: ["/ai-search"] },
  { what: "Browser Rendering is", bindings: ["browser"], requests: ["/browser-rendering"] },
  { what: "Images is", bindings: ["images"] },
  { what: "mTLS certificates are", bindings: ["mtls_certificate"], requests: ["/mtls_certificates"] },
  { what: "Email is", bindings: ["send_email"], requests: ["/email"] },
  { what: "rate limiting is", bindings: ["ratelimit"] },
  { what: "version metadata is", bindings: ["version_metadata"] },
  { what: "the Secrets Store is", bindings: ["secrets_store_secret"], requests: ["/secrets_store"] },
  { what: "key bindings are", bindings: ["secret_key"] },
  { what: "Pipelines are", bindings: ["pipelines"], requests: ["/pipelines"] },
  { what: "VPC services are", bindings: ["vpc_service", "vpc_network"], requests: ["/connectivity", "/cfd_tunnel"] },
  { what: "dynamic Workers are", bindings: ["worker_loader"] },
];

/** The feature that a binding asks for; undefined for one that nobody knows. */
export function featureOfBinding(type: string): Feature | undefined {
  return features.find(({ bindings = [] }) => bindings.includes(type));
}
