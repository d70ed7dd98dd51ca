import { Command, Option } from "commander";
import { stringify } from "yaml";
import { type ComponentConfig, configOf } from "../../buildbarn/config.ts";
import { type ComponentName, componentName, componentNames, type Farm, listFarms } from "../../buildbarn/farms.ts";
import { installationSettings } from "../../installation-settings.ts";
import { hint } from "../../invocation.ts";
import { note, print, printJson } from "../../output.ts";
import { flagsOf } from "../../target/flags.ts";
import { findTarget } from "../../target/open.ts";
import { addTargetOptions, namespaceOption } from "../../target/options.ts";
import { announce, type Target } from "../../target/target.ts";

interface ConfigOptions {
  namespace?: string;
  component?: ComponentName;
  output?: "json" | "yaml";
}

export function configCommand(): Command {
  return addTargetOptions(new Command("config"))
    .description("print the configuration that a farm's programs read")
    .argument("[resource]", "name of a Buildbarn resource (default: all of the namespace)")
    .addOption(new Option("--component <kind>", "only those of one kind").choices(componentNames))
    .addOption(namespaceOption("where the farm lives (default: wherever it is, if there is one)"))
    .addOption(new Option("-o, --output <format>", "print JSON or YAML instead of Jsonnet").choices(["json", "yaml"]))
    .action(async (name: string | undefined, options: ConfigOptions, command: Command) => {
      const target = await findTarget(command);
      const configs = await collect(target, name, options);
      if (options.output === "json") return printJson(configs);
      if (options.output === "yaml") return print(stringify(configs, { lineWidth: 0 }).trimEnd());
      announce(target);
      for (const config of configs) printConfig(config);
    });
}

async function collect(
  target: Target,
  name: string | undefined,
  { namespace, component }: ConfigOptions,
): Promise<ComponentConfig[]> {
  const { client } = target;
  const farms = await listFarms(client, namespace);
  const having = farms
    .map((farm) => ({ farm, members: farm.components.filter((each) => isMeant(each, name, component)) }))
    .filter(({ members }) => members.length > 0);
  const [found, ...others] = having;
  if (found === undefined) throw new Error(missing(target, name ?? component));
  if (others.length > 0) {
    const names = having.map(({ farm }) => farm.namespace).join(", ");
    throw new Error(`${name ?? component ?? "a farm"} is in several namespaces; choose one with --namespace: ${names}`);
  }
  const { buildbarn } = target.kind === "cluster" ? await installationSettings(client) : {};
  const settings = buildbarn === undefined ? {} : { buildbarn };
  return Promise.all(found.members.map((member) => configOf(client, member, found.farm, settings)));
}

function isMeant(each: Farm["components"][number], name: string | undefined, component: string | undefined): boolean {
  return (
    (name === undefined || each.metadata.name === name) &&
    (component === undefined || componentName(each) === component)
  );
}

function missing(target: Target, what: string | undefined): string {
  const sought = what === undefined ? "no Buildbarn resource" : `no Buildbarn resource "${what}"`;
  return `there is ${sought}; see: ${hint(`status${flagsOf(target)}`)}`;
}

/** Jsonnet with comments: what is printed of one file can be evaluated as it is. */
function printConfig({ kind, namespace, name, configMap, state, message, files }: ComponentConfig): void {
  const title = `${kind} ${namespace}/${name}`;
  if (state === "None") note(`${title} has no configuration yet: ${message}`);
  if (state === "Expected") note(`${title}: no pod reads this yet; it is what the storage's first shards will bring`);
  for (const [file, text] of Object.entries(files)) print(`// ${title}, ConfigMap ${configMap}: ${file}\n${text}`);
}
