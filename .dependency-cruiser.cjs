/** The layers of the project. Each rule's name says why it exists. */
const pureFolders = "^(hooks|api)/";
const tests = "\\.test\\.ts$|^test/|^bench/";

module.exports = {
  forbidden: [
    {
      name: "hooks-are-pure-so-they-import-only-hooks-and-api",
      severity: "error",
      from: { path: "^hooks/", pathNot: tests },
      to: { pathNot: [pureFolders, "^node_modules/kubernetes-types"], dependencyTypesNot: ["core"] },
    },
    {
      name: "pure-code-has-no-input-or-output-so-the-only-node-module-is-a-hash",
      severity: "error",
      from: { path: pureFolders, pathNot: tests },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
    },
    {
      name: "kinds-describe-data-so-api-imports-only-api-and-the-schema-library",
      severity: "error",
      from: { path: "^api/", pathNot: tests },
      to: { pathNot: ["^api/", "^node_modules/(typebox|kubernetes-types)"], dependencyTypesNot: ["core"] },
    },
    {
      name: "families-stay-apart-so-each-can-be-installed-alone",
      severity: "error",
      from: { path: "^(hooks|api)/(workers|buildbarn|octopod)/" },
      to: { path: "^(hooks|api)/(workers|buildbarn|octopod)/", pathNot: "^(hooks|api)/$2/" },
    },
    {
      name: "services-talk-through-resources-and-stores-so-none-imports-another",
      severity: "error",
      from: { path: "^services/([^/]+)/", pathNot: tests },
      to: { path: "^services/([^/]+)/", pathNot: "^services/$1/" },
    },
    {
      name: "services-run-without-local-so-they-never-import-it",
      severity: "error",
      from: { path: "^(services|server|stores|runtime|kubernetes|installation)/", pathNot: tests },
      to: { path: "^(local|cli)/" },
    },
    {
      name: "local-starts-services-by-their-front-door-so-it-imports-only-their-start",
      severity: "error",
      from: { path: "^(local|cli)/", pathNot: tests },
      to: { path: "^services/[^/]+/", pathNot: "^services/[^/]+/start\\.ts$" },
    },
    {
      name: "shared-libraries-serve-every-layer-so-they-import-no-layer-above",
      severity: "error",
      from: { path: "^(stores|runtime|kubernetes|installation)/", pathNot: tests },
      to: { path: "^(services|server|local|cli|hooks)/" },
    },
    {
      name: "tests-are-leaves-so-nobody-imports-them",
      severity: "error",
      from: { pathNot: tests },
      to: { path: "^test/|\\.test\\.ts$" },
    },
    {
      name: "cycles-hide-the-order-of-layers",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "what-nothing-declares-cannot-be-installed",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|dist|coverage|examples)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
