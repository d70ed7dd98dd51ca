import { Option } from "commander";

export interface OutputOptions {
  output?: "json";
}

export function outputOption(): Option {
  return new Option("-o, --output <format>", "print JSON instead of text").choices(["json"]);
}
