export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/vars") return Response.json({ stage: env.STAGE, limits: env.LIMITS });
    if (pathname !== "/private") return new Response("Try /vars or /private.\n", { status: 404 });

    if (!env.API_KEY) return new Response("The secret API_KEY is not set.\n", { status: 503 });
    const isAllowed = request.headers.get("authorization") === `Bearer ${env.API_KEY}`;
    return isAllowed ? new Response("Welcome.\n") : new Response("Wrong key.\n", { status: 401 });
  },
};
