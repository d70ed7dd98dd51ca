import { Buffer } from "node:buffer";
import { createHash, randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import path from "node:path";
import { inspect } from "node:util";

function digest(text) {
  return createHash("sha256").update(text).digest("hex");
}

function countedEvents() {
  const emitter = new EventEmitter();
  let count = 0;
  emitter.on("tick", () => {
    count += 1;
  });
  emitter.emit("tick");
  emitter.emit("tick");
  return count;
}

export default {
  async fetch() {
    return Response.json({
      sha256: digest("octoplane"),
      base64: Buffer.from("octoplane").toString("base64"),
      path: path.join("/a", "..", "b", "c.txt"),
      inspected: inspect({ nested: { value: 1 } }),
      events: countedEvents(),
      uuid: randomUUID(),
    });
  },
};
