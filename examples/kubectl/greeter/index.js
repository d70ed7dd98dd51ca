import names from "./names.json";

export default {
  fetch(_request, env) {
    return new Response(`${env.GREETING}, ${names.join(" and ")}!\n`);
  },
};
