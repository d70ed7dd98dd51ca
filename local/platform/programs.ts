/** The product's own images, as programs of this machine. */

import { join } from "node:path";
import type { Programs } from "../workloads/start.ts";
import { builderImage } from "./settings.ts";

const services = join(import.meta.dirname, "..", "..", "services");

function node(program: string) {
  return { command: process.execPath, args: ["--disable-warning=ExperimentalWarning", join(services, program)] };
}

export const programs: Programs = {
  [builderImage]: () => node("worker-builder/main.ts"),
};
