// In this format bindings are global variables and there is nothing to export.

addEventListener("fetch", (event) => {
  event.respondWith(answer(event.request));
});

async function answer(request) {
  const { pathname } = new URL(request.url);
  return new Response(`${GREETING}: ${request.method} ${pathname}\n`);
}
