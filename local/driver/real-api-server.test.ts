import { describe } from "vitest";
import { kubernetesBinary } from "../../test/worlds/control-plane.ts";
import { metacontrollerBinary } from "../../test/worlds/metacontroller.ts";
import { sameInBothWorlds } from "../../test/worlds/scenario.ts";
import { startRealWorld } from "../../test/worlds/world.ts";

const limits = { timeout: 120_000 };
const reason = kubernetesBinary === undefined ? " (skipped: TEST_KUBERNETES_BIN names no program)" : "";

describe.skipIf(kubernetesBinary === undefined)(`the driver in two worlds${reason}`, limits, () => {
  sameInBothWorlds(() => startRealWorld(kubernetesBinary ?? ""));
});

const missing = kubernetesBinary === undefined ? "TEST_KUBERNETES_BIN" : "METACONTROLLER_BIN";
const both = kubernetesBinary !== undefined && metacontrollerBinary !== undefined;

/** What hooks are told, and what becomes of their answers, must be the same with the program that the driver stands for. */
describe.skipIf(!both).each(["dynamic-apply", "server-side-apply"] as const)(
  `Metacontroller in the real world, the driver in the other, with %s${both ? "" : ` (skipped: ${missing} names no program)`}`,
  limits,
  (strategy) => {
    const metacontroller = { binary: metacontrollerBinary ?? "", strategy };
    // Server-side apply remembers nothing in an annotation.
    const options = { applied: strategy === "dynamic-apply" };
    sameInBothWorlds(() => startRealWorld(kubernetesBinary ?? "", metacontroller), options);
  },
);
