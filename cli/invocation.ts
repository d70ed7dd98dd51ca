/** How the command was called, so that what it advises can be typed as it is printed. */

/** `octoplane`, `npm run octoplane --`, `./bootstrap.mjs`: what bootstrap.mjs saw. */
export function invocation(): string {
  return process.env.OCTOPLANE_INVOCATION || "octoplane";
}

/** A command of this program for people to type. */
export function hint(command: string): string {
  return `${invocation()} ${command}`;
}
