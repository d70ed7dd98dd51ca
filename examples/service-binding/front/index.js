export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/price") return Response.json({ total: await env.PRICES.total(["tea", "cake"]) });

    const answer = await env.BACK.fetch(request);
    return new Response(`front asked back: ${await answer.text()}`, answer);
  },
};
