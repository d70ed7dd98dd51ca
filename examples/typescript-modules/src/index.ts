import add from "./add.wasm";
import cities from "./cities.json";
import greeting from "./greeting.txt";
import pixel from "./pixel.bin";

const { exports } = new WebAssembly.Instance(add);
const sum = exports.add as (a: number, b: number) => number;

function answer(path: string): Response {
  switch (path) {
    case "/text":
      return new Response(greeting);
    case "/json":
      return Response.json(cities);
    case "/data":
      return new Response(pixel, { headers: { "content-type": "image/gif" } });
    case "/wasm":
      return Response.json({ sum: sum(40, 2) });
    default:
      return new Response("Try /text, /json, /data or /wasm.\n", { status: path === "/" ? 200 : 404 });
  }
}

export default {
  fetch: (request: Request) => answer(new URL(request.url).pathname),
};
