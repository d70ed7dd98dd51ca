import { expect, test } from "vitest";
import { octoplane } from "./test-command.ts";

const commands = [
  ["up"],
  ["status"],
  ["account", "create"],
  ["account", "list"],
  ["account", "token"],
  ["account", "revoke"],
  ["account", "delete"],
  ["buildbarn", "config"],
  ["logs"],
  ["down"],
  ["completion"],
];

test.each(commands)("help of %s %s names the global options, too", async (...command) => {
  const { code, stdout } = await octoplane([...command, "--help"]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("--data-dir <folder>")]);
});

test.each(commands)("a mistake in %s %s points to the help", async (...command) => {
  const { code, stderr } = await octoplane([...command, "--nonsense"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("(octoplane --help shows every command)")]);
});

test.each(["", "x", "-1", "65536", "80.5", "0x50", " "])("%j is no port", async (port) => {
  const { code, stderr } = await octoplane(["up", `--port=${port}`]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("a port is a number from 0 to 65535")]);
});
