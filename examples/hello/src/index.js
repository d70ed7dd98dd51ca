export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const name = pathname.split("/")[1];
    return new Response(`Hello, ${name ? decodeURIComponent(name) : "world"}! This is a Worker on Octoplane.\n`);
  },
};
