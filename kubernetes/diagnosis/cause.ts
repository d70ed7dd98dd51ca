/** One reason why something does not work, as a sentence. */

export interface Cause {
  /** Kubernetes' own word: `ImagePullBackOff`, `FailedMount`, `Unschedulable`, `FailedCreate` ... */
  reason: string;
  /** For people, complete: `pod web-1 cannot mount volume "s3": secret "s3-credentials" not found`. */
  message: string;
  /** What it was seen at. */
  object: { kind: string; namespace: string; name: string };
}

/** A cause before it is known whose it is. */
export interface Trouble {
  reason: string;
  /** What the object does or cannot do: the sentence without its subject. */
  predicate: string;
}

export interface Finding extends Trouble {
  kind: string;
  name: string;
}

const longestMessage = 1_000;

export function causeOf({ kind, name, reason, predicate }: Finding, namespace: string): Cause {
  const subject = kind === "Pod" ? "pod" : kind;
  const sentence = `${subject} ${name} ${predicate}`.trim();
  const message = sentence.length > longestMessage ? `${sentence.slice(0, longestMessage)}...` : sentence;
  return { reason, message, object: { kind, namespace, name } };
}

/** The first of those that say the same: a controller repeats its pods, and pods repeat each other. */
export function distinct(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, Finding>();
  for (const finding of findings) if (!seen.has(finding.predicate)) seen.set(finding.predicate, finding);
  return [...seen.values()];
}
