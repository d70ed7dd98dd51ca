import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";

interface Note {
  id: number;
  text: string;
}

const notes: readonly Note[] = [
  { id: 1, text: "buy bread" },
  { id: 2, text: "call home" },
];

const app = new Hono();

app.get("/", (context) => context.text("Notes, served by Hono on Octoplane.\n"));
app.get("/notes", (context) => context.json(notes));
app.get("/notes/:id", (context) => {
  const note = notes.find(({ id }) => id === Number(context.req.param("id")));
  if (note === undefined) throw new HTTPException(404, { message: "there is no such note" });
  return context.json(note);
});
app.post("/echo", async (context) => context.json({ received: await context.req.json() }, 201));

app.onError((error, context) => {
  const status = error instanceof HTTPException ? error.status : 500;
  return context.json({ error: error.message }, status);
});

export default app;
