/** Secrets reach a hook as metadata only: what it must not know is dropped at the door. */

interface Groups {
  [group: string]: Record<string, { data?: unknown; stringData?: unknown }>;
}

function withoutData(groups: Groups | null | undefined): Groups | null | undefined {
  const secrets = groups?.["Secret.v1"];
  if (secrets === undefined) return groups;
  const bare = Object.entries(secrets).map(([key, { data: _, stringData: __, ...rest }]) => [key, rest] as const);
  return { ...groups, "Secret.v1": Object.fromEntries(bare) };
}

/** The request without the contents of Secrets; anything that is no request passes as it is. */
export function forgetSecretData(body: unknown): unknown {
  if (typeof body !== "object" || body === null) return body;
  const { children, related } = body as { children?: Groups | null; related?: Groups | null };
  return { ...body, children: withoutData(children), related: withoutData(related) };
}
